import { Command } from "commander"
import { makeLab } from "../../lab/lab.ts"
import { measureCost } from "./cost/measure.ts"
import { harmlessEdits } from "./harmless/all.ts"
import { goDelegated, makeDriftLab } from "./lab/drift-lab.ts"
import { serverOf } from "./lab/server.ts"
import { delegatedMutators, legacyMutators } from "./mutators/all.ts"
import { batchesOf } from "./runs/batches.ts"
import type { HarmlessOutcome, Outcome } from "./runs/outcome.ts"
import { isGood, writeResults } from "./runs/report.ts"
import { runBatch } from "./runs/run-batch.ts"
import { runHarmless } from "./runs/run-harmless.ts"

const options = new Command("test:drift")
  .description(
    "Lets every hand at the server alone, one after the other: found, named, mended, and nothing else touched.",
  )
  .option("--only <text>", "only what has this in its name or kind")
  .option("--together", "those that touch different things at once, as in npm test")
  .parse()
  .opts<{ only?: string; together?: true }>()

const say = (line: string) => void process.stderr.write(`${line}\n`)
const isChosen = ({ name, kind = "" }: { readonly name: string; readonly kind?: string }) =>
  `${name} ${kind}`.includes(options.only ?? "")

const mutators: Outcome[] = []
const harmless: HarmlessOutcome[] = []

await using lab = await makeLab({ say })
const driftLab = await makeDriftLab(lab, say)
const server = await serverOf(driftLab)
for (const batch of turns(legacyMutators.filter(isChosen))) tell(await runBatch(server, batch))
say("the cutover")
await goDelegated(driftLab)
for (const batch of turns(delegatedMutators.filter(isChosen))) tell(await runBatch(server, batch))
for (const batch of turns(harmlessEdits.filter(isChosen))) {
  for (const outcome of await runHarmless(server, batch)) {
    harmless.push(outcome)
    say(`${outcome.clean ? "✔" : "✖"} passed over: ${outcome.name}`)
    for (const complaint of outcome.complaints) say(`    ${complaint}`)
  }
}
const cost = await measureCost(driftLab, 5, say)
await writeResults({ mutators, harmless, cost })
const bad = [...mutators.filter((outcome) => !isGood(outcome)), ...harmless.filter(({ clean }) => !clean)]
say(`${mutators.length} hands and ${harmless.length} harmless edits, ${bad.length} of them not as they should be; `)
say(`a look costs ${cost.median} x a plain preview. The report: out/drift.json`)
process.exitCode = bad.length === 0 && cost.isGood ? 0 : 1

/** One hand after the other, or all at once that do not meet. */
function turns<One extends { readonly touches: readonly string[] }>(hands: readonly One[]) {
  return options.together ? batchesOf(hands) : hands.map((hand) => [hand])
}

function tell(outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) {
    mutators.push(outcome)
    say(`${isGood(outcome) ? "✔" : "✖"} ${outcome.name} (${outcome.seconds} s)`)
    for (const complaint of outcome.complaints) say(`    ${complaint}`)
  }
}
