import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import type { CrashLab } from "./lab/crash-lab.ts"
import type { Worlds } from "./lab/worlds.ts"
import type { Entry } from "./list.ts"
import type { Outcome } from "./runs/outcome.ts"
import { runPoint } from "./runs/run-point.ts"

/** Where every run's outcome is written, as the last word on it. */
export const reportFile = join(import.meta.dirname, "../../out/crash.json")

/** Runs one after the other and tells each. A run that cannot even be judged is an outcome too. */
export async function runList(
  { lab, worlds }: { readonly lab: CrashLab; readonly worlds: Worlds },
  entries: readonly Entry[],
  tell: (outcome: Outcome, seconds: number) => void,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const { point, fault } of entries) {
    const begin = performance.now()
    const outcome = await runPoint(lab, worlds, point, fault)
    outcomes.push(outcome)
    tell(outcome, (performance.now() - begin) / 1000)
  }
  return outcomes
}

/** For machines: an array of what became of each run. */
export async function writeReport(outcomes: readonly Outcome[]): Promise<void> {
  const report = outcomes.map(({ point, fault, complaints, servedAfterSeconds, lost, note }) => ({
    ...{ point, fault, survived: complaints.length === 0 && Object.keys(lost).length === 0, servedAfterSeconds, lost },
    note: [...complaints, note].filter(Boolean).join("; "),
  }))
  await mkdir(dirname(reportFile), { recursive: true })
  await writeFile(reportFile, `${JSON.stringify(report, null, 2)}\n`)
}
