import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { cutoverSteps, serveSteps } from "../../../components/window/steps.ts"
import { type Lab, makeLab } from "../../lab/lab.ts"
import type { Possessions } from "./judge/possessions.ts"
import { type CrashLab, makeCrashLab } from "./lab/crash-lab.ts"
import { makeWorlds, type Worlds } from "./lab/worlds.ts"
import { sampleList } from "./list.ts"
import { writeReport } from "./report.ts"
import type { Outcome } from "./runs/outcome.ts"
import { describePoint } from "./runs/points.ts"
import { beginChain, endChain, hurtInChain } from "./runs/run-chain.ts"
import { playInChain } from "./scenarios/run-scenario.ts"
import { sampleScenarios } from "./scenarios/scenarios.ts"

/**
 * Each step of both ways once: those before the window fail, in it they fail or are killed in turn, one run after another
 * on the same server; then one of each kind of what else can happen. `npm run test:crash` does all of it, failing and killed,
 * each on a fresh server, and what takes a Docker engine of its own besides.
 */
describe("a server whose way there and back is hurt at every step", () => {
  const sample = sampleList()
  let lab: Lab
  let crashLab: CrashLab
  let worlds: Worlds
  const outcomes: Outcome[] = []
  before(async () => {
    lab = await makeLab()
    crashLab = await makeCrashLab(lab, () => {})
    worlds = await makeWorlds(crashLab, () => {})
  })
  after(async () => {
    await writeReport(outcomes, "merged")
    await lab?.destroy()
  })

  it("is hurt at every step that there is", () => {
    const names = (way: string) => sample.filter(({ point }) => point.way === way).map(({ point }) => point.name)
    assert.deepEqual(names("cutover"), [...cutoverSteps])
    assert.deepEqual(names("rollback"), [...serveSteps])
  })

  for (const way of ["cutover", "rollback"] as const) {
    let had: Possessions
    it(`begins the ${way}`, async () => {
      had = await beginChain(crashLab, worlds, way)
    })
    for (const entry of sample.filter(({ point }) => point.way === way)) {
      it(`serves again, and nobody lost anything: ${describePoint(entry.point)}, ${entry.fault}`, async () =>
        judge(await hurtInChain(crashLab, worlds, entry, had)))
    }
    it(`completes the ${way} by a plain pulumi up, with exact counts`, async () =>
      judge(await endChain(crashLab, worlds, way, { had })))
  }

  describe("and to which more happens than that", () => {
    let had: Possessions
    before(async () => {
      had = await beginChain(crashLab, worlds, "cutover")
    })
    for (const scenario of sampleScenarios) {
      it(`serves again, and nobody lost anything: ${scenario.point}: ${scenario.fault}`, async () =>
        judge(await playInChain({ lab: crashLab, worlds }, scenario, had)))
    }
    it("completes the cutover by a plain pulumi up, with exact counts", async () =>
      judge(await endChain(crashLab, worlds, "cutover", { had, of: "scenarios" })))
  })

  function judge(outcome: Outcome): void {
    outcomes.push(outcome)
    assert.deepEqual([outcome.complaints, outcome.lost], [[], {}], outcome.transcript)
  }
})
