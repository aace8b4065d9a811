import { join } from "node:path"
import { updateReport } from "../report-file.ts"
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

/**
 * An array of what became of each run. Rows of runs that were not made this time stay as they are, each with its own time, so that
 * a part of the list can be run alone.
 */
export async function writeReport(outcomes: readonly Outcome[]): Promise<void> {
  const rows = outcomes.map(rowOf)
  const isNew = ({ point, fault }: Row) => rows.some((row) => row.point === point && row.fault === fault)
  await updateReport<readonly Row[]>(reportFile, (others = []) => [...others.filter((row) => !isNew(row)), ...rows])
}

function rowOf({ point, fault, complaints, servedAfterSeconds, lost, ranAt, note }: Outcome): Row {
  const survived = complaints.length === 0 && Object.keys(lost).length === 0
  return {
    point,
    fault,
    survived,
    servedAfterSeconds,
    lost,
    ranAt,
    note: [...complaints, note].filter(Boolean).join("; "),
  }
}
