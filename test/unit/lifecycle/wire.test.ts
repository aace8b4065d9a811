import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { changedKeys, fingerprint, hasUnknown, toWire } from "../../../components/lifecycle/wire.ts"

const values = fc.dictionary(fc.string(), fc.jsonValue())

test("a fingerprint does not depend on the order of the names", () => {
  const reversed = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value
    if (Array.isArray(value)) return value.map(reversed)
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, part]) => [key, reversed(part)]),
    )
  }
  const ordinary = values.filter((value) => !JSON.stringify(value).includes("__proto__"))
  fc.assert(fc.property(ordinary, (value) => assert.equal(fingerprint(value), fingerprint(reversed(value)))))
})

test("a fingerprint depends on every value, and on the order of a list", () => {
  const different = [{}, { a: 1 }, { a: 2 }, { b: 1 }, { a: [1, 2] }, { a: [2, 1] }, { a: { b: 1 } }, { a: null }]
  assert.equal(new Set(different.map(fingerprint)).size, different.length)
})

test("what goes to the engine holds no undefined, at any depth", () => {
  assert.deepEqual(toWire({ a: undefined, b: { c: undefined, d: [undefined, 1] } }), { b: { d: [null, 1] } })
})

test("an unknown is found wherever it is", () => {
  const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
  for (const value of [unknown, [unknown], { a: unknown }, { a: [{ b: unknown }] }]) assert.ok(hasUnknown(value))
  for (const value of [null, undefined, 1, "", [], {}, `${unknown} `]) assert.ok(!hasUnknown(value))
})

test("inputs are compared: outputs and the provider are not", () => {
  const state = { a: 1, b: { c: [1] }, revision: 3, __provider: "old" }
  assert.deepEqual(changedKeys(state, { a: 1, b: { c: [1] }, __provider: "new" }, ["revision"]), [])
  assert.deepEqual(changedKeys(state, { a: 2, b: { c: [2] }, d: 1 }, ["revision"]), ["a", "b", "d"])
})

test("an input that is no longer given is a change", () => {
  assert.deepEqual(changedKeys({ a: 1, b: 2, revision: 3 }, { a: 1 }, ["revision"]), ["b"])
})
