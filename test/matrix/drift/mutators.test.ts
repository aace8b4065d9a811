import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { type Lab, makeLab } from "../../lab/lab.ts"
import { harmlessEdits } from "./harmless/all.ts"
import { goDelegated, makeDriftLab } from "./lab/drift-lab.ts"
import { runDrift } from "./lab/run-drift.ts"
import { type Server, serverOf } from "./lab/server.ts"
import { delegatedMutators, legacyMutators } from "./mutators/all.ts"
import type { Mutator } from "./mutators/mutator.ts"
import { batchesOf, tellingOf } from "./runs/batches.ts"
import type { HarmlessOutcome, Outcome } from "./runs/outcome.ts"
import { writeResults } from "./runs/report.ts"
import { runBatch } from "./runs/run-batch.ts"
import { runHarmless } from "./runs/run-harmless.ts"

/** What makes that nobody can tell, and is put right again. */
const hindrances: Readonly<Record<string, (server: Server) => ReturnType<typeof runDrift>>> = {
  "the container engine cannot be reached": ({ lab }) =>
    runDrift(lab, { DOCKER_HOST: "unix:///nowhere/docker.sock", DOCKER_CONTEXT: "" }),

  async "MAS's database does not answer"({ lab, docker }) {
    const { container } = lab.places.databases.mas
    await docker("stop", "--time", "5", container)
    try {
      return await runDrift(lab)
    } finally {
      await docker("start", container)
    }
  },

  async "there is no container of that name"({ lab, docker, containers }) {
    await docker("rename", containers.mas, `${containers.mas}-away`)
    try {
      return await runDrift(lab)
    } finally {
      await docker("rename", `${containers.mas}-away`, containers.mas)
    }
  },
}

/**
 * One server, many hands: those that touch different things are at work together, and each is told and mended all the same.
 * `npm run test:drift` lets each at it alone, and `-- --together` all of them as here, with those that are left out here.
 */
describe("a server on which somebody changes things by hand", () => {
  let lab: Lab
  let server: Server
  const mutators: Outcome[] = []
  const harmless: HarmlessOutcome[] = []
  before(async () => {
    lab = await makeLab()
    server = await serverOf(await makeDriftLab(lab, () => {}))
  })
  after(async () => {
    await writeResults({ mutators, harmless })
    await lab?.destroy()
  })

  it("is tried with at least sixty changes and thirty harmless edits", () => {
    const tried = [legacyMutators, delegatedMutators].flatMap((all) => tellingOf(batchesOf(all)).flat())
    assert.ok(tried.length >= 60)
    assert.ok(harmlessEdits.length >= 30)
  })

  describe("in legacy", () => eachIsMended(legacyMutators))

  describe("delegated", () => {
    before(() => goDelegated(server.lab))
    eachIsMended(delegatedMutators)
    eachIsPassedOver()
    for (const [what, hinder] of Object.entries(hindrances))
      it(`is broken, neither clean nor drift, where ${what}`, async () => {
        const { exitCode, report } = await hinder(server)
        assert.deepEqual([exitCode, report.outcome], [1, "broken"], JSON.stringify(report.items))
        assert.ok(report.troubles.length > 0)
      })
  })

  function eachIsMended(all: readonly Mutator[]): void {
    for (const [nth, batch] of tellingOf(batchesOf(all)).entries()) {
      describe(`hands at work together, ${nth + 1}`, () => {
        let outcomes: readonly Outcome[]
        before(async () => {
          outcomes = await runBatch(server, batch)
          mutators.push(...outcomes)
        })
        for (const [at, { name }] of batch.entries())
          it(`is found, named, mended, and nothing else touched: ${name}`, () =>
            assert.deepEqual(outcomes[at]?.complaints, []))
      })
    }
  }

  function eachIsPassedOver(): void {
    for (const batch of batchesOf(harmlessEdits)) {
      describe("harmless edits together", () => {
        let outcomes: readonly HarmlessOutcome[]
        before(async () => {
          outcomes = await runHarmless(server, batch)
          harmless.push(...outcomes)
        })
        for (const [at, { name }] of batch.entries())
          it(`is passed over: ${name}`, () => assert.deepEqual(outcomes[at]?.complaints, []))
      })
    }
  }
})
