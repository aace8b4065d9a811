import assert from "node:assert/strict"
import { before, describe, it } from "node:test"
import { playApart } from "./engine/apart.ts"
import { engineScenarios } from "./engine/scenarios.ts"
import { writeReport } from "./report.ts"
import { nameOfRun } from "./run-list.ts"
import type { Outcome } from "./runs/outcome.ts"

describe("a server whose Docker engine is restarted, or which loses power, in the window", () => {
  const outcomes: Outcome[] = []
  before(async () => {
    await playApart(async (outcome) => {
      outcomes.push(outcome)
      await writeReport([outcome])
    })
  })

  for (const scenario of engineScenarios) {
    it(`serves again, and nobody lost anything: ${nameOfRun(scenario)}`, () => {
      const outcome = outcomes.find((one) => nameOfRun(one) === nameOfRun(scenario))
      assert.ok(outcome, "it was not played")
      assert.deepEqual([outcome.complaints, outcome.lost], [[], {}], outcome.transcript)
    })
  }
})
