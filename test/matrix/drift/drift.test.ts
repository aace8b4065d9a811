import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { reset } from "../crash/lab/snapshot.ts"
import { ownPart } from "../own-part.ts"
import { type SharedLab, takeSharedLab } from "../shared-lab.ts"
import { harmlessEdits } from "./harmless/all.ts"
import type { Harmless } from "./harmless/harmless.ts"
import { type Hindrance, hindrances } from "./hindrances.ts"
import { goDelegated } from "./lab/drift-lab.ts"
import { type Server, serverOf } from "./lab/server.ts"
import { delegatedMutators, legacyMutators } from "./mutators/all.ts"
import type { Mutator } from "./mutators/mutator.ts"
import { batchesOf } from "./runs/batches.ts"
import type { HarmlessOutcome, Outcome } from "./runs/outcome.ts"
import { writeResults } from "./runs/report.ts"
import { runBatch } from "./runs/run-batch.ts"
import { runHarmless } from "./runs/run-harmless.ts"

/** Something of the list that takes one look, or two with an `up` between them. */
type Turn =
  | { readonly kind: "edited"; readonly authentication: "legacy" | "delegated"; readonly batch: readonly Mutator[] }
  | { readonly kind: "passed over"; readonly authentication: "delegated"; readonly batch: readonly Harmless[] }
  | { readonly kind: "hindered"; readonly authentication: "delegated"; readonly batch: readonly Hindrance[] }

/** Edits that touch different things are made together, unless each is wanted alone. */
const isAlone = process.env.MATRIX_ALONE === "1"
const only = process.env.MATRIX_ONLY ?? ""
const turns = ownTurns()

/** One server on which somebody changes things by hand: each change is found, named and repaired by `up`, and nothing else is touched. */
describe("a server on which somebody changes things by hand", () => {
  let shared: SharedLab
  let server: Server
  before(async () => {
    shared = await takeSharedLab()
    await reset(shared.lab, shared.worlds.legacy)
    server = await serverOf(shared.lab)
  })
  after(() => shared?.[Symbol.asyncDispose]())

  for (const authentication of ["legacy", "delegated"] as const) {
    const own = turns.filter((turn) => turn.authentication === authentication)
    if (own.length === 0) continue
    describe(authentication, () => {
      before(async () => {
        if (authentication === "delegated") await goDelegated(shared.lab)
      })
      for (const turn of own) describe(`${turn.kind}: ${turn.batch.length} at once`, () => play(turn))
    })
  }

  function play(turn: Turn): void {
    if (turn.kind === "edited") repaired(turn.batch)
    else if (turn.kind === "passed over") passedOver(turn.batch)
    else hindered(turn.batch)
  }

  function hindered(batch: readonly Hindrance[]): void {
    for (const { name, hinder } of batch)
      it(`is broken, neither clean nor drift, where ${name}`, async () => {
        const { exitCode, report } = await hinder(server)
        assert.deepEqual([exitCode, report.outcome], [1, "broken"], JSON.stringify(report.items))
        assert.ok(report.troubles.length > 0)
      })
  }

  function repaired(batch: readonly Mutator[]): void {
    let outcomes: readonly Outcome[]
    before(async () => {
      outcomes = await runBatch(server, batch)
      await writeResults({ mutators: outcomes })
    })
    for (const [at, { name }] of batch.entries())
      it(`is found, named, repaired, and nothing else touched: ${name}`, () =>
        assert.deepEqual(outcomes[at]?.complaints, []))
  }

  function passedOver(batch: readonly Harmless[]): void {
    let outcomes: readonly HarmlessOutcome[]
    before(async () => {
      outcomes = await runHarmless(server, batch)
      await writeResults({ harmless: outcomes })
    })
    for (const [at, { name }] of batch.entries())
      it(`is passed over: ${name}`, () => assert.deepEqual(outcomes[at]?.complaints, []))
  }
})

/** The part of the list that this process plays; a text in `MATRIX_ONLY` chooses among single edits, before they are put together. */
function ownTurns(): readonly Turn[] {
  const edited = (authentication: "legacy" | "delegated", all: readonly Mutator[]) =>
    batched(all.filter(({ name, kind }) => `${name} ${kind}`.includes(only))).map(
      (batch) => ({ kind: "edited", authentication, batch }) as const,
    )
  const all: readonly Turn[] = [
    ...edited("legacy", legacyMutators),
    ...edited("delegated", delegatedMutators),
    ...batched(harmlessEdits.filter(({ name }) => name.includes(only))).map(
      (batch) => ({ kind: "passed over", authentication: "delegated", batch }) as const,
    ),
    ...hindrances
      .filter(({ name }) => name.includes(only))
      .map((one) => ({ kind: "hindered", authentication: "delegated", batch: [one] }) as const),
  ]
  return ownPart(all, () => only)
}

function batched<One extends { readonly touches: readonly string[] }>(all: readonly One[]) {
  return isAlone ? all.map((one) => [one]) : batchesOf(all)
}
