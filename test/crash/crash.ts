import { Command } from "commander"
import { makeLab } from "../lab/lab.ts"
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
  .parse()
  .opts<{ only: string; fault: string }>()

const say = (line: string) => void process.stderr.write(`${line}\n`)
const outcomes: Outcome[] = []

const runs = (await allRuns()).filter((run) => isWanted(run, options))
if (runs.length > 0) await runAll(runs)
if (engineScenarios.some((one) => isWanted(one, options))) await playApart(options, tell)
if (options.only + options.fault === "") await writeReport(outcomes, "whole")
const survived = outcomes.filter(hasSurvived).length
say(`${survived} of ${outcomes.length} survived. The report: out/crash.json`)
process.exitCode = survived === outcomes.length ? 0 : 1

/** One after the other, each on a fresh server. */
async function runAll(wanted: readonly Run[]): Promise<void> {
  await using lab = await makeLab({ say })
  const crashLab = await makeCrashLab(lab, say)
  const worlds = await makeWorlds(crashLab, say)
  for (const { make } of wanted) await tell(await make(crashLab, worlds))
}

/** Hours may go by until the end: what is known by then is written at once. */
async function tell(outcome: Outcome): Promise<void> {
  outcomes.push(outcome)
  await writeReport([outcome], "merged")
  const { point, fault, complaints, lost, servedAfterSeconds, transcript } = outcome
  const served = servedAfterSeconds === null ? "not served again" : `served after ${servedAfterSeconds} s`
  say(`${hasSurvived(outcome) ? "✔" : "✖"} ${point}, ${fault}: ${served}`)
  for (const complaint of complaints) say(`    ${complaint}`)
  for (const [kind, count] of Object.entries(lost)) say(`    lost: ${count} ${kind}`)
  if (!hasSurvived(outcome)) say(transcript.replaceAll(/^/gm, "    | "))
}
