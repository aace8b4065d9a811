import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import type { Outcome } from "./runs/outcome.ts"

/** Where every run's outcome is written, as the last word on it. */
const reportFile = join(import.meta.dirname, "../../../out/crash.json")

/** A line of the report, for machines. */
interface Row {
  readonly point: string
  readonly fault: string
  readonly survived: boolean
  readonly servedAfterSeconds: number | null
  readonly lost: Readonly<Record<string, number>>
  readonly ranAt: string
  readonly note: string
}

export function hasSurvived({ complaints, lost }: Outcome): boolean {
  return complaints.length === 0 && Object.keys(lost).length === 0
}

/**
 * An array of what became of each run. `merged`: rows of runs that were not made this time stay as they are, each with its
 * own time, so that a part of the list can be run alone. A whole run writes all of it anew: no row of it is of another day.
 */
export async function writeReport(
  outcomes: readonly Outcome[],
  how: "merged" | "whole",
  file = reportFile,
): Promise<void> {
  const rows = outcomes.map(rowOf)
  const isNew = new Set(rows.map(nameOf))
  const others = how === "whole" ? [] : (await readRows(file)).filter((row) => !isNew.has(nameOf(row)))
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.new`, `${JSON.stringify([...others, ...rows], null, 2)}\n`)
  await rename(`${file}.new`, file)
}

function rowOf(outcome: Outcome): Row {
  const { point, fault, complaints, servedAfterSeconds, lost, ranAt, note } = outcome
  const words = [...complaints, note].filter(Boolean).join("; ")
  return { point, fault, survived: hasSurvived(outcome), servedAfterSeconds, lost, ranAt, note: words }
}

function nameOf({ point, fault }: Pick<Row, "point" | "fault">): string {
  return `${point}, ${fault}`
}

async function readRows(file: string): Promise<readonly Row[]> {
  const text = await readFile(file, "utf8").catch(() => "[]")
  return JSON.parse(text) as Row[]
}
