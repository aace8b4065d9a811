import assert from "node:assert/strict"
import { test } from "node:test"
import { absent } from "../../../components/documents/json-value.ts"
import { changesForPeople, keyInWords, showKeys, type WantedKey } from "../../../components/files/managed-keys.ts"

const secret = { right: "(set)", wrong: "(another)" }

function show(path: string, live: Parameters<typeof showKeys>[1][string], wanted: readonly WantedKey[] = []) {
  return showKeys([path], { [path]: live }, wanted)[path]
}

test("a plain key is shown as it is, and a word where there is nothing", () => {
  assert.equal(show("password_config.enabled", true), true)
  assert.deepEqual(show("redirect_uris", ["a"]), ["a"])
  assert.equal(show("redirect_uris", absent), "(absent)")
})

test("of a secret that is wanted, people see only whether it is the right one", () => {
  const wanted = [{ path: "matrix.secret", value: "s3cret", secret }]
  assert.equal(show("matrix.secret", "s3cret", wanted), "(set)")
  assert.equal(show("matrix.secret", "s3cret2", wanted), "(another)")
  assert.equal(show("matrix.secret", absent, wanted), "(absent)")
})

test("where no secret is wanted, one that is there is wrong, and not shown", () => {
  const wanted = [{ path: "passwords.schemes[version=1].secret", value: absent, secret }]
  assert.equal(show("passwords.schemes[version=1].secret", "s4lt", wanted), "(another)")
})

test("a secret that is no longer ours is not shown either", () => {
  assert.equal(show("matrix_authentication_service.secret", "s3cret"), "[secret]")
  assert.equal(show("passwords.schemes[version=1].secret", "s3cret"), "[secret]")
})

test("secrets inside a section that goes or comes back are covered, what is beside them is not", () => {
  const providers = [{ idp_id: "dex", client_secret: "s3cret", client_secret_path: "/run/s", jwt: { key: "s3cret" } }]
  assert.deepEqual(show("oidc_providers", providers), [
    { idp_id: "dex", client_secret: "[secret]", client_secret_path: "/run/s", jwt: { key: "[secret]" } },
  ])
})

test("a key that only sounds like a secret is shown", () => {
  assert.equal(show("password_config.enabled", "only_for_reauth"), "only_for_reauth")
  assert.equal(show("registration_requires_token", true), true)
})

test("people read a line for each key that changes, old → new, and none for those they saw before", () => {
  const before = { a: true, b: "x", c: [1], d: "(absent)" }
  const after = { a: false, b: "x", c: { d: 1 }, d: "new", e: "newer" }
  assert.deepEqual(changesForPeople(before, after), [
    "a: true → false",
    'c: [1] → {"d":1}',
    "d: (absent) → new",
    "e: (absent) → newer",
  ])
  assert.deepEqual(changesForPeople(before, after, { a: true, c: [1] }), ["d: (absent) → new", "e: (absent) → newer"])
})

test("a text that looks like a switch or a number is told from one", () => {
  assert.deepEqual(["true", true, "7", 7, "yes", "", "mas"].map(keyInWords), [
    '"true"',
    "true",
    '"7"',
    "7",
    '"yes"',
    '""',
    "mas",
  ])
})
