import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { cutoverSteps, serveSteps } from "../../../components/window/steps.ts"
import { ownPart } from "../own-part.ts"
import { type SharedLab, takeSharedLab } from "../shared-lab.ts"
import type { Possessions } from "./judge/possessions.ts"
import { chainOf } from "./list.ts"
import type { Outcome } from "./runs/outcome.ts"
import { describePoint } from "./runs/points.ts"
import { beginChain, endChain, hurtInChain } from "./runs/run-chain.ts"
import { playInChain } from "./scenarios/run-scenario.ts"
import { sampleScenarios } from "./scenarios/scenarios.ts"

const chains = ownPart(["cutover", "rollback", "scenarios"] as const, (name) => name)

/** One fault after another on the same server: what the last run left is what the next one finds. */
describe("a server that is hurt again and again", () => {
  let shared: SharedLab
  before(async () => {
    shared = await takeSharedLab()
  })
  after(() => shared?.[Symbol.asyncDispose]())

  it("is hurt at every step that there is", () => {
    const names = (way: "cutover" | "rollback") => chainOf(way).map(({ point }) => point.name)
    assert.deepEqual(names("cutover"), [...cutoverSteps])
    assert.deepEqual(names("rollback"), [...serveSteps])
  })

  for (const chain of chains) {
    const way = chain === "scenarios" ? "cutover" : chain
    describe(chain, () => {
      let had: Possessions
      before(async () => {
        had = await beginChain(shared.lab, shared.worlds, way)
      })
      for (const entry of chain === "scenarios" ? [] : chainOf(chain)) {
        it(`serves again, and nobody lost anything: ${describePoint(entry.point)}, ${entry.fault}`, async () =>
          judge(await hurtInChain(shared.lab, shared.worlds, entry, had)))
      }
      for (const scenario of chain === "scenarios" ? sampleScenarios : []) {
        it(`serves again, and nobody lost anything: ${scenario.point}: ${scenario.fault}`, async () =>
          judge(await playInChain(shared, scenario, had)))
      }
      it("completes by a plain pulumi up, with exact counts", async () =>
        judge(await endChain(shared.lab, shared.worlds, way, had)))
    })
  }

  function judge({ complaints, lost, transcript }: Outcome): void {
    assert.deepEqual([complaints, lost], [[], {}], transcript)
  }
})
