import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { ulidOfUuid, uuidOfUlid } from "../../../components/mas/ulid.ts"

/** As MAS 1.22.0 wrote them into its config and its database (`test/contract`). */
const known = {
  "01GFWR32NCQ12B8Z0J8CPXRRB6": "0183f981-8aac-b844-b47c-12432ddc6166",
  "00000000000000000000000000": "00000000-0000-0000-0000-000000000000",
  "7ZZZZZZZZZZZZZZZZZZZZZZZZZ": "ffffffff-ffff-ffff-ffff-ffffffffffff",
}

test("an id in MAS's config and in its database is the same", () => {
  for (const [ulid, uuid] of Object.entries(known)) {
    assert.equal(uuidOfUlid(ulid), uuid)
    assert.equal(ulidOfUuid(uuid), ulid)
  }
})

test("there and back is the same id, whichever it is", () => {
  fc.assert(fc.property(fc.uuid(), (uuid) => assert.equal(uuidOfUlid(ulidOfUuid(uuid)), uuid)))
})

test("ids in the order of time are in that order in both forms", () => {
  const pairs = fc.tuple(fc.uuid(), fc.uuid())
  fc.assert(fc.property(pairs, ([a, b]) => assert.equal(a < b, ulidOfUuid(a) < ulidOfUuid(b))))
})
