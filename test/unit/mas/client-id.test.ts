import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { derivedClientId, parseClientId, whyNotClientId } from "../../../components/mas/client-id.ts"

const id = "01GFWR28C4KNE04WG3HKXB7C9R"

test("a ULID is a client id, in capitals whatever case it is written in", () => {
  assert.equal(parseClientId(id), id)
  assert.equal(parseClientId(id.toLowerCase()), id)
  assert.equal(whyNotClientId(id.toLowerCase()), undefined)
})

for (const [text, why] of [
  ["", "a ULID has 26 characters, this has 0"],
  ["element", "this has 7"],
  [`${id}0`, "this has 27"],
  [id.replace("G", "I"), 'no "I"'],
  [id.replace("G", "L"), 'no "L"'],
  [id.replace("G", "O"), 'no "O"'],
  [id.replace("G", "U"), 'no "U"'],
  [id.replace("G", "-"), 'no "-"'],
  [id.replace("0", "8"), "128 bits"],
  [id.replace("0", "Z"), "128 bits"],
] as const) {
  test(`${JSON.stringify(text)} is no client id, and it is told why`, () => {
    assert.equal(parseClientId(text), undefined)
    assert.ok(whyNotClientId(text)?.includes(why), whyNotClientId(text))
  })
}

test("a derived id is the same today and in years, so that no client ever changes its id", () => {
  assert.equal(derivedClientId({ stack: "prod", name: "matrix_pc" }), "0000000000BP31RKRQY8JYF634")
})

test("a derived id is one that MAS takes, whatever stack and client are called", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (stack, name) => {
      const derived = derivedClientId({ stack, name })
      assert.equal(parseClientId(derived), derived)
    }),
  )
})

test("another stack or another client means another id, also where the two read alike together", () => {
  const ids = [
    derivedClientId({ stack: "prod", name: "element" }),
    derivedClientId({ stack: "staging", name: "element" }),
    derivedClientId({ stack: "prod", name: "element2" }),
    derivedClientId({ stack: "prode", name: "lement" }),
  ]
  assert.equal(new Set(ids).size, ids.length)
})
