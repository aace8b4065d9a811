import { json } from "node:stream/consumers"
import type { BackupPlaces } from "../../../../components/backup/backup-places.ts"

/** What a program here is given by standard input: it holds passwords. */
export interface Given {
  readonly places: BackupPlaces
  /** A folder for what it writes. */
  readonly folder: string
}

export async function readGiven(): Promise<Given> {
  return (await json(process.stdin)) as Given
}

export function answer(value: unknown): void {
  process.stdout.write(JSON.stringify(value))
}
