import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { difference } from "../../../components/documents/difference.ts"
import { source } from "./source.ts"

const mas = source`
  http:
    public_base: https://auth.example.org/
  database:
    uri: postgresql://mas:hunter2@db/mas # was postgres://mas:hunter1@db
  # macaroon_secret_key: hunter3
  matrix:
    homeserver: example.org
    secret: hunter4
    endpoint: http://synapse:8008/
  passwords:
    enabled: true
    schemes:
      - version: 1
        algorithm: bcrypt
        secret: >-
          hunter5
          hunter6
  secrets:
    encryption: hunter7
    encryption_file: /run/encryption
    keys:
      - kid: one
        key: |
          -----BEGIN RSA PRIVATE KEY-----
          hunter8
          -----END RSA PRIVATE KEY-----
      - kid: two
        key_file: /run/key
  email: { transport: smtp, username: me, password: "hunter9" }
`

test("a diff shows what changes, and no secret of the file around it", () => {
  const after = mas
    .replace("enabled: true", "enabled: false")
    .replace("hunter4", "hunterA")
    .replace("encryption_file: /run", "encryption_file: /var")
  const shown = difference(mas, after, { label: "config.yaml", dialect: "yaml12" })
  assert.ok(!shown.includes("hunter"), shown)
  assert.equal(
    shown,
    source`
      --- config.yaml
      +++ config.yaml
      @@ -5,10 +5,10 @@
       # macaroon_secret_key: [secret]
       matrix:
         homeserver: example.org
      -  secret: [secret]
      +  secret: [secret]
         endpoint: http://synapse:8008/
       passwords:
      -  enabled: true
      +  enabled: false
         schemes:
           - version: 1
             algorithm: bcrypt
      @@ -17,7 +17,7 @@
               [secret]
       secrets:
         encryption: [secret]
      -  encryption_file: /run/encryption
      +  encryption_file: /var/encryption
         keys:
           - kid: one
             key: [secret]
    `,
  )
})

test("a whole file shown as new has none of its secrets in it", () => {
  const shown = difference("", mas, { label: "config.yaml", dialect: "yaml12" })
  assert.ok(!/hunter|PRIVATE/.test(shown), shown)
  assert.ok(shown.includes("+  homeserver: example.org"))
})

test("given paths and texts are covered, however the text is written", () => {
  const before = 'a: plain\nb: "caf\\u00e9 noir"\nc: {d: [1, two]} # two\nn: nothing\n'
  const shown = difference(before, `${before}e: 1\n`, {
    label: "x",
    dialect: "yaml11",
    secretPaths: ["a", "c.d"],
    secrets: ["café noir", "two"],
  })
  assert.equal(
    shown,
    "--- x\n+++ x\n@@ -2,3 +2,4 @@\n b: [secret]\n c: {d: [[secret], [secret]]} # [secret]\n n: nothing\n+e: 1\n",
  )
})

test("names of secrets can be given by the caller", () => {
  const options = { label: "x", dialect: "json", secretNames: [/^colour$/] } as const
  const shown = difference('{"colour": "red", "password": "x"}\n', '{"colour": "blue", "password": "x"}\n', options)
  assert.equal(
    shown,
    '--- x\n+++ x\n@@ -1,1 +1,1 @@\n-{"colour": [secret], "password": "x"}\n+{"colour": [secret], "password": "x"}\n',
  )
})

test("a document that cannot be read is not shown at all", () => {
  const shown = difference("a: 'x\n", "secret: 'hunter2\n", { label: "x", dialect: "yaml11" })
  assert.ok(!shown.includes("hunter2"))
  assert.match(shown, /cannot be read/)
})

test("what could make a terminal do something is not passed on", () => {
  const shown = difference("a: 1\n", "a: 1 # \u001b[31m\n", { label: "x", dialect: "yaml11" })
  assert.ok(!shown.includes("\u001b"))
})

test("two equal texts have no difference", () => {
  assert.equal(difference(mas, mas, { label: "x", dialect: "yaml12" }), "")
})

test("no secret is ever shown, whatever it is made of and wherever it stands", () => {
  const secret = fc.string({ unit: "grapheme", minLength: 6 }).filter((text) => text.trim().length > 5)
  fc.assert(
    fc.property(secret, secret, (old, now) => {
      const written = (text: string) =>
        JSON.stringify({ a: { client_secret: text }, list: [{ password: text }], x: `in ${text} it` }, null, 2)
      const shown = difference(written(old), written(now), { label: "x", dialect: "json", secrets: [old, now] })
      assert.ok(!shown.includes(old) && !shown.includes(now), shown)
      assert.ok(!shown.includes(JSON.stringify(now).slice(1, -1)), shown)
    }),
  )
})
