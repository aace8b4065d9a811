import assert from "node:assert/strict"
import { test } from "node:test"
import { decodeConfig, overlay, storedConfig } from "../../../components/config/raw.ts"

test("what the engine hands over is read: scalars as text, the rest as JSON, other people's keys not at all", () => {
  const values = {
    "matrix-auth:authentication": "delegated",
    "matrix-auth:lab": "true",
    "matrix-auth:mas": '{"issuer":"https://a.example/","cleanLogSeconds":5}',
    "matrix-auth:clients": "[]",
    "docker:host": "unix:///x",
  }
  const { raw, secretKeys } = decodeConfig(values, undefined, "matrix-auth")
  const mas = { issuer: "https://a.example/", cleanLogSeconds: 5 }
  assert.deepEqual(raw, { authentication: "delegated", lab: "true", mas, clients: [] })
  assert.equal(secretKeys.size, 0)
})

test("keys that hold something encrypted are known without their namespace", () => {
  const { secretKeys } = decodeConfig({}, '["matrix-auth:clientSecrets","matrix-auth:config:mas"]', "matrix-auth")
  assert.deepEqual([...secretKeys], ["clientSecrets", "mas"])
})

test("a text that only looks like JSON stays text, for the schema to refuse", () => {
  assert.deepEqual(decodeConfig({ "matrix-auth:mas": "{oops" }, "[]", "matrix-auth").raw, { mas: "{oops" })
})

test("a stack's file is read for what is stored encrypted", () => {
  const file = {
    config: { "matrix-auth:clientSecrets": { a: { secure: "v1:x" } }, "docker:host": "x" },
    encryptionsalt: "v1",
  }
  assert.deepEqual(storedConfig(file, "matrix-auth"), { clientSecrets: { a: { secure: "v1:x" } } })
  assert.deepEqual(storedConfig(null, "matrix-auth"), {})
})

test("laid over one another, mappings merge and lists do not", () => {
  const merged = overlay({ a: { b: 1, c: [1, 2] }, d: 1 }, { a: { c: [3] }, e: 2 })
  assert.deepEqual(merged, { a: { b: 1, c: [3] }, d: 1, e: 2 })
})
