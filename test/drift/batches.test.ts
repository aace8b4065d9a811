import assert from "node:assert/strict"
import { test } from "node:test"
import { batchesOf, tellingOf } from "./runs/batches.ts"

const hand = (kind: string, ...touches: readonly string[]) => ({ kind, touches })

test("hands work together unless they touch the same thing or a part of it", () => {
  const hands = [hand("a", "mas/issuer"), hand("a", "mas"), hand("b", "homeserver"), hand("b", "mas/issuers")]
  assert.deepEqual(batchesOf(hands), [[hands[0], hands[2], hands[3]], [hands[1]]])
})

test("one hand or two are left out where others have shown their kinds, and only there", () => {
  const [many, known, fresh] = [
    ["a", "a", "b"],
    ["a", "b"],
    ["b", "c"],
  ].map((kinds) => kinds.map((kind) => ({ kind })))
  assert.deepEqual(tellingOf([many ?? [], known ?? [], fresh ?? []]), [many, fresh])
})
