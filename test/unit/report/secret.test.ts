import assert from "node:assert/strict"
import { test } from "node:test"
import { format, inspect } from "node:util"
import fc from "fast-check"
import { mask, Secret } from "../../../components/report/secret.ts"

test("a secret shows itself in no print, join, message or serialisation, only when asked to", () => {
  const secret = new Secret("hush-hush")
  const nested = { deep: [{ secret }], map: new Map([["k", secret]]) }
  const shown = [
    ...[
      String(secret),
      `${secret}`,
      JSON.stringify(nested),
      inspect(nested, { depth: 9, showHidden: true }),
      format("%s %o %j", secret, secret, secret),
    ],
    ...[[secret].join(), Object.entries(secret).join(), inspect(secret, { customInspect: false, showHidden: true })],
    ...[new Error(`no ${secret}`).message, JSON.stringify({ ...secret })],
  ]
  for (const text of shown) assert.doesNotMatch(text, /hush/)
  assert.equal(String(secret), "[secret]")
  assert.equal(secret.reveal(), "hush-hush")
})

test("masking leaves no secret, as it is, in JSON or in a URL, and nothing of one that contains another", () => {
  const secrets = ['p@ss"w/ord\n$&', new Secret("hush"), new Secret("hush-hush")]
  const [first] = secrets
  const text = `a ${first} b ${JSON.stringify({ first })} c ${encodeURIComponent(String(first))} d hush-hush e hush f`
  assert.equal(mask(text, secrets), 'a [secret] b {"first":"[secret]"} c [secret] d [secret] e [secret] f')
})

test("whatever the secrets are, none is left, and text without any stays as it is", () => {
  const secret = fc
    .string({ minLength: 1 })
    .filter((text) => !"[secret]".includes(text) && !text.includes("[") && !text.includes("]"))
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1 }), fc.string(), (secrets, between) => {
      const masked = mask(secrets.join(between), secrets).replaceAll("[secret]", "\u0000")
      for (const one of secrets) assert.ok(one.includes("\u0000") || !masked.includes(one))
    }),
  )
  assert.equal(mask("nothing here", ["hush", ""]), "nothing here")
})
