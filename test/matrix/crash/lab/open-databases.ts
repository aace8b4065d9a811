import type { Database } from "../../../../components/host/database.ts"
import type { Holdings, Side } from "../../../../components/migration/holdings.ts"
import { readHoldings } from "../../../../components/migration/read-holdings.ts"
import { openLabDatabase } from "../../../rehearsal/lab-databases.ts"
import type { CrashLab } from "./crash-lab.ts"

export function openDatabaseOf(lab: CrashLab, side: Side): Promise<Database> {
  return openLabDatabase(lab, side)
}

export async function holdingsOf(lab: CrashLab, side: Side): Promise<Holdings> {
  await using database = await openDatabaseOf(lab, side)
  return await readHoldings(database, side)
}
