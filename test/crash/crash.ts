import { Command } from "commander"
import { formatDuration } from "../../components/report/durations.ts"
import { makeLab } from "../lab/lab.ts"
import { makeCrashLab } from "./lab/crash-lab.ts"
import { makeWorlds } from "./lab/worlds.ts"
import { type Entry, wholeList } from "./list.ts"
import { runList, writeReport } from "./run-list.ts"
import type { Outcome } from "./runs/outcome.ts"
import { describePoint } from "./runs/points.ts"

const options = new Command("crash")
  .description("Hurts cutover and rollback at every step, and looks what becomes of the server.")
  .option("--only <text>", "only points whose name has this in it")
  .option("--fault <text>", "only faults whose name has this in it")
  .parse()
  .opts<{ only?: string; fault?: string }>()

const say = (line: string) => void process.stderr.write(`${line}\n`)

await using lab = await makeLab({ say })
const crashLab = await makeCrashLab(lab, say)
const worlds = await makeWorlds(crashLab, say)
const entries = (await wholeList()).filter(isWanted)
const outcomes = await runList({ lab: crashLab, worlds }, entries, tell)
await writeReport(outcomes)
const hurt = outcomes.filter(({ complaints, lost }) => complaints.length > 0 || Object.keys(lost).length > 0)
say(`${outcomes.length - hurt.length} of ${outcomes.length} survived. The report: out/crash.json`)
process.exitCode = hurt.length === 0 ? 0 : 1

function isWanted({ point, fault }: Entry): boolean {
  return describePoint(point).includes(options.only ?? "") && fault.includes(options.fault ?? "")
}

function tell({ point, fault, complaints, servedAfterSeconds, transcript }: Outcome, seconds: number): void {
  const served = servedAfterSeconds === null ? "not served again" : `served after ${servedAfterSeconds} s`
  say(`${complaints.length === 0 ? "✔" : "✖"} ${point}, ${fault}: ${served} (${formatDuration(seconds)})`)
  for (const complaint of complaints) say(`    ${complaint}`)
  if (complaints.length > 0) say(transcript.replaceAll(/^/gm, "    | "))
}
