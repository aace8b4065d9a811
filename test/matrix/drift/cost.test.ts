import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { reset } from "../crash/lab/snapshot.ts"
import { type SharedLab, takeSharedLab } from "../shared-lab.ts"
import { measureCost } from "./cost/measure.ts"
import { writeResults } from "./runs/report.ts"

describe("npm run drift on a delegated server, beside a plain preview", () => {
  let shared: SharedLab
  before(async () => {
    shared = await takeSharedLab()
    await reset(shared.lab, shared.worlds.delegated)
  })
  after(() => shared?.[Symbol.asyncDispose]())

  it("costs at most half as much again", async () => {
    const cost = await measureCost(shared.lab, 5, () => {})
    await writeResults({ cost })
    assert.ok(cost.isGood, `median ${cost.median} of ${cost.ratios.join(", ")}`)
  })
})
