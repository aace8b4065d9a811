import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { quoted } from "../../../components/report/quoted.ts"
import { propertyRuns } from "../property-runs.ts"

const numRuns = propertyRuns(500)

/** Whatever somebody may have for a password: at least four characters, since less is in every text. */
const secrets = fc.oneof(
  fc.stringMatching(/^[a-zA-Z0-9]{6,40}$/),
  fc.integer({ min: 10_000, max: 99_999_999 }).map(String),
  fc
    .date({ min: new Date("1970-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
  fc.stringMatching(/^[a-z]{3}["'\\`$%&@:/#,{}|> +=äöü☃-]{1,8}[a-z]{3}$/),
  fc.stringMatching(/^[a-z]{4} [a-z]{4}, [a-z]{4}$/),
  fc.uint8Array({ minLength: 12, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("base64")),
  fc.constantFrom(
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEabcd\nefghijkl\n-----END RSA PRIVATE KEY-----",
    "first line\nsecond line",
  ),
)

/** How programs print a secret that they were given under a key, by what it looks like there. */
const printed: Readonly<Record<string, (secret: string) => string>> = {
  "as itself": (secret) => `cannot use ${secret} here`,
  "in JSON": (secret) => `{"user":"a","x":${JSON.stringify(secret)}}`,
  "in JSON within JSON": (secret) => JSON.stringify({ body: `the ${secret}` }),
  "as Python's json prints it": (secret) =>
    JSON.stringify(secret).replace(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  "in YAML's single quotes": (secret) => `x: '${secret.replaceAll("'", "''")}'`,
  "in Python's words": (secret) => `ValueError('${secret.replace(/[\\']/g, "\\$&")}')`,
  "in a URL": (secret) => `connect postgresql://mas:${encodeURIComponent(secret)}@db/mas failed`,
  "in a form": (secret) => new URLSearchParams({ a: secret }).toString(),
  "as base64": (secret) => `Got ${Buffer.from(secret).toString("base64")}`,
  "twice, one the beginning of the other": (secret) => `${secret} and ${secret}more`,
}

test("a secret that is known is in no form in what is passed on", () => {
  const forms = fc.constantFrom(...Object.entries(printed))
  fc.assert(
    fc.property(secrets, forms, fc.option(secrets), (secret, [, print], other) => {
      const known = other === null ? [secret] : [secret, other, secret.slice(0, 4)]
      const shown = quoted(print(secret), known)
      for (const form of [
        secret.replaceAll("'", "''"),
        secret,
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret),
        Buffer.from(secret).toString("base64"),
      ])
        assert.ok(!shown.includes(form), `${form} in ${shown}`)
    }),
    { numRuns },
  )
})

/** Places in which a secret is recognised by where it stands, without being known. */
const places: Readonly<Record<string, (secret: string) => string>> = {
  "a plain scalar": (secret) => `  password: ${oneLine(secret)}\n  next: value`,
  "a scalar in double quotes": (secret) => `in "c.yaml", line 3:\n  pepper: ${JSON.stringify(secret)}\n   ^`,
  "a scalar whose quotes are not closed": (secret) => `  secret: "ab ${secret.replaceAll(/["\\]/g, "x")}\n  cd`,
  "a scalar in single quotes": (secret) => `  form_secret: '${secret.replaceAll("'", "''")}'\n`,
  "the body of a block scalar": (secret) =>
    `  client_secret: |\n    ${secret.replaceAll("\n", "\n    ")}\n  next: value`,
  "the body of a folded one with an indent": (secret) =>
    `  - shared_secret: >2-\n      ${secret.replaceAll("\n", "\n      ")}\n    next: value`,
  "the line below its key": (secret) => `  password:\n    ${oneLine(secret)}\n  next: value`,
  "a flow map": (secret) => `{user: mas, password: ${JSON.stringify(secret)}, next: value}`,
  JSON: (secret) => `{"user":"mas","access_token":${JSON.stringify(secret)},"next":"value"}`,
  "JSON in JSON": (secret) => JSON.stringify({ text: JSON.stringify({ access_token: secret }) }),
  "a bearer": (secret) => `> Authorization: Bearer ${oneLine(secret)}\n`,
  "a bearer alone": (secret) => `sent Bearer ${letters(secret)} to MAS`,
  "basic authentication": (secret) => `Basic ${Buffer.from(secret).toString("base64")}`,
  "an option": (secret) => `mas-cli manage --password ${letters(secret)} x`,
  "an option with an equals sign": (secret) => `run --client-secret=${letters(secret)} --next`,
  "a quoted option": (secret) => `run --token '${secret.replaceAll("'", "''")}' --next`,
  "a variable": (secret) => `PGPASSWORD=${letters(secret)} psql`,
  "a cookie": (secret) => `Set-Cookie: session=${oneLine(secret)}`,
  "an address": (secret) => `dial postgresql://mas:${letters(secret)}@db/mas`,
  "an address as people write it": (secret) => `dial postgresql://mas:a@b/${letters(secret)}@db:5432/mas`,
  "an address that is cut off": (secret) => `dial postgresql://mas:x${letters(secret)}`,
  "figment's complaint of text": (secret) => `invalid type: found string ${JSON.stringify(secret)}, expected u16`,
  "figment's complaint of a number": (secret) =>
    `found unsigned int \`${oneLine(secret).replaceAll("`", "")}\`, expected a string`,
  "serde's complaint": (secret) =>
    `invalid value: integer \`${oneLine(secret).replaceAll("`", "")}\`, expected a string`,
  "a key": (secret) => `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`,
}

test("a secret that nobody knows is covered by the place that it stands in", () => {
  fc.assert(
    fc.property(secrets, fc.constantFrom(...Object.entries(places)), (secret, [name, place]) => {
      const shown = quoted(place(secret))
      const parts = secret.split("\n").flatMap((line) => [line, oneLine(line).replaceAll("`", ""), letters(line)])
      for (const part of parts.filter((text) => text.length > 3))
        assert.ok(!shown.includes(part), `${name}: ${part} in ${shown}`)
    }),
    { numRuns },
  )
})

test("what stands behind a secret's place is still there to be read", () => {
  assert.equal(quoted("  secret: |\n    a b\n    c\n  next: value\n"), "  secret: [secret]\n  next: value\n")
  assert.equal(quoted('  pepper: "a\nb"\nnext: 1'), "  pepper: [secret]\nnext: 1")
  assert.equal(quoted('{"token":"a","user":"b"}'), '{"token":[secret],"user":"b"}')
})

test("what is no secret is passed on as it is", () => {
  for (const text of [
    "could not parse database connection string",
    'password authentication failed for user "mas"',
    'invalid type: found string "no", expected a boolean for key "default.enable_registration"',
    "unknown variant: found `modern`, expected `synapse`",
    'Cannot specify both `client_secret` and `client_secret_file` for key "default.clients.0"',
    "user @ghost:example.org was not found for migration but a row in devices was found for them",
    "client_secret is required for client_secret_basic",
    "connection to http://mas:8080/health refused, [::1]:8008 as well",
    "secret_path: /run/secrets/mas",
    "password_registration_enabled: true",
    "image sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  ]) {
    assert.equal(quoted(text), text)
  }
})

test("tokens, hashes, e-mail addresses and phone numbers are covered wherever they stand", () => {
  const text =
    "syt_YQ_abc_1 mct_x1 $2b$12$abcdefgh. $argon2id$v=19$x eyJh.eyJz.c2ln MDAxabcdefghijklmnopqrstuv a.b@example.org +4915123456789"
  assert.equal(
    quoted(text),
    "syt_[secret] mct_[secret] [password hash] [password hash] [signed token] [macaroon] [e-mail] [number]",
  )
})

test("a long text of any shape takes no time to speak of", () => {
  for (const line of [
    "password: |\n",
    "a-a-a-a ",
    "secret ",
    '"',
    "'token': ",
    "postgresql://a:",
    "a",
    "ey-",
    "a@",
    "'a': \"",
    'found string "',
    "-----BEGIN PRIVATE KEY-----",
    "http://",
  ]) {
    const begin = performance.now()
    quoted(line.repeat(Math.ceil(200_000 / line.length)))
    assert.ok(performance.now() - begin < 2000, `${JSON.stringify(line)}: ${performance.now() - begin} ms`)
  }
})

function oneLine(secret: string): string {
  return secret.replaceAll("\n", " ")
}

/** As much of it as an argument that nobody quotes may hold. */
function letters(secret: string): string {
  return secret.replaceAll(/[^\w]/g, "")
}
