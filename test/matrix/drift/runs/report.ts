import { resolve } from "node:path"
import { updateReport } from "../../report-file.ts"
import type { Cost } from "../cost/measure.ts"
import type { HarmlessOutcome, Outcome } from "./outcome.ts"

export const reportFile = resolve(import.meta.dirname, "../../../../out/drift.json")

/** All that was seen of drift on a living server. */
export interface Results {
  readonly mutators: readonly Outcome[]
  readonly harmless: readonly Omit<HarmlessOutcome, "complaints">[]
  /** What a look costs, where it was measured. */
  readonly cost?: Cost
}

/** Lays these results over those of other parts of the list; what was tried again has its new outcome. */
export async function writeResults(results: Partial<Results>): Promise<void> {
  await updateReport<Results>(reportFile, (before = { mutators: [], harmless: [] }) => {
    const harmless = (results.harmless ?? []).map(({ name, clean }) => ({ name, clean }))
    const cost = results.cost ?? before.cost
    return {
      mutators: merged(before.mutators, results.mutators ?? []),
      harmless: merged(before.harmless, harmless),
      ...(cost === undefined ? {} : { cost }),
    }
  })
}

function merged<Row extends { readonly name: string }>(before: readonly Row[], rows: readonly Row[]): readonly Row[] {
  return [...before.filter(({ name }) => !rows.some((row) => row.name === name)), ...rows]
}
