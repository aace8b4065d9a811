import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { ownPart } from "../own-part.ts"
import { type SharedLab, takeSharedLab } from "../shared-lab.ts"
import { writeReport } from "./report.ts"
import { allRuns, nameOfRun } from "./run-list.ts"

const runs = ownPart(await allRuns(), nameOfRun)

/**
 * The server is reset before each run, hurt at its point, looked at, cleared up as an operator would, finished by a plain
 * `pulumi up`, and looked at again.
 */
describe("a server whose cutover or rollback is hurt", () => {
  let shared: SharedLab
  before(async () => {
    shared = await takeSharedLab()
  })
  after(() => shared?.[Symbol.asyncDispose]())

  for (const run of runs) {
    it(`serves again, and nobody lost anything: ${nameOfRun(run)}`, async () => {
      const outcome = await run.make(shared.lab, shared.worlds)
      await writeReport([outcome])
      assert.deepEqual([outcome.complaints, outcome.lost], [[], {}], outcome.transcript)
    })
  }
})
