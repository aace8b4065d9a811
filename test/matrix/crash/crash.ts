import { Command, InvalidArgumentError } from "commander"
import { makeLab } from "../../lab/lab.ts"
import { playApart } from "./engine/apart.ts"
import { engineScenarios } from "./engine/scenarios.ts"
import { makeCrashLab } from "./lab/crash-lab.ts"
import { makeWorlds } from "./lab/worlds.ts"
import { hasSurvived, writeReport } from "./report.ts"
import { allRuns, type Run } from "./run-list.ts"
import type { Outcome } from "./runs/outcome.ts"
import { isWanted } from "./wanted.ts"

const options = new Command("crash")
  .description("Hurts cutover and rollback at every step and in other ways, and looks what becomes of the server.")
  .option("--only <text>", "only runs whose name has this in it", "")
  .option("--fault <text>", "only faults whose name has this in it", "")
  .option("--labs <count>", "servers side by side; a run waits as long as it works", wholeNumber, 2)
  .parse()
  .opts<{ only: string; fault: string; labs: number }>()

const say = (line: string) => void process.stderr.write(`${line}\n`)
const outcomes: Outcome[] = []
let telling = Promise.resolve()

const runs = (await allRuns()).filter((run) => isWanted(run, options))
if (runs.length > 0) await runAll(runs)
if (engineScenarios.some((one) => isWanted(one, options))) await playApart(options, tell)
if (options.only + options.fault === "") await writeReport(outcomes, "whole")
const survived = outcomes.filter(hasSurvived).length
say(`${survived} of ${outcomes.length} survived. The report: out/crash.json`)
process.exitCode = survived === outcomes.length ? 0 : 1

/** Each on a fresh server: a few labs take one after the other off the list. */
async function runAll(wanted: readonly Run[]): Promise<void> {
  const waiting = [...wanted]
  const labs = Array.from({ length: Math.min(options.labs, wanted.length) }, (_, nth) => takeFrom(waiting, nth + 1))
  // A lab that does not come up leaves its share to the others, and is told at the end.
  const ended = await Promise.allSettled(labs)
  for (const one of ended) if (one.status === "rejected") throw one.reason
}

async function takeFrom(waiting: Run[], nth: number): Promise<void> {
  const sayOf = (line: string) => say(`lab ${nth}: ${line}`)
  await using lab = await makeLab({ say: sayOf })
  const crashLab = await makeCrashLab(lab, sayOf)
  const worlds = await makeWorlds(crashLab, sayOf)
  for (let run = waiting.shift(); run; run = waiting.shift()) await tell(await run.make(crashLab, worlds))
}

/** One at a time, since each reads the report and writes it: an hour may go by until the end, and what is known is kept. */
function tell(outcome: Outcome): Promise<void> {
  telling = telling.then(() => tellNow(outcome))
  return telling
}

async function tellNow(outcome: Outcome): Promise<void> {
  outcomes.push(outcome)
  await writeReport([outcome], "merged")
  const { point, fault, complaints, lost, servedAfterSeconds, transcript } = outcome
  const served = servedAfterSeconds === null ? "not served again" : `served after ${servedAfterSeconds} s`
  say(`${hasSurvived(outcome) ? "✔" : "✖"} ${point}, ${fault}: ${served}`)
  for (const complaint of complaints) say(`    ${complaint}`)
  for (const [kind, count] of Object.entries(lost)) say(`    lost: ${count} ${kind}`)
  if (!hasSurvived(outcome)) say(transcript.replaceAll(/^/gm, "    | "))
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("a whole number from 1 on is wanted")
  return Number(text)
}
