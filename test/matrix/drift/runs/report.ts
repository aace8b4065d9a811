import { mkdir, writeFile } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import type { Cost } from "../cost/measure.ts"
import type { HarmlessOutcome, Outcome } from "./outcome.ts"

export const reportFile = resolve(import.meta.dirname, "../../../../out/drift.json")

/** All that was seen of drift on a living server. */
export interface Results {
  readonly mutators: readonly Outcome[]
  readonly harmless: readonly HarmlessOutcome[]
  /** What a look costs, where it was measured. */
  readonly cost?: Cost
}

export async function writeResults({ mutators, harmless, cost }: Results): Promise<void> {
  const results = {
    mutators: mutators.map(({ complaints, ...outcome }) => ({ ...outcome, complaints: [...complaints] })),
    harmless: harmless.map(({ name, clean }) => ({ name, clean })),
    ...(cost === undefined ? {} : { cost }),
  }
  await mkdir(dirname(reportFile), { recursive: true })
  await writeFile(reportFile, `${JSON.stringify(results, null, 2)}\n`)
}

/** Whether all came out as it should. */
export function isGood({ found, named, mended, foreignUntouched }: Outcome): boolean {
  return found && named && mended && foreignUntouched
}
