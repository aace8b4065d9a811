import type { Database } from "../../../../components/host/database.ts"
import type { CrashLab } from "../lab/crash-lab.ts"
import { until } from "../lab/moments.ts"
import { openDatabaseOf } from "../lab/open-databases.ts"
import type { RunningPulumi } from "../lab/run-pulumi.ts"

/** Something that syn2mas waits for, as long as nobody lets it go. */
export interface HoldUp extends AsyncDisposable {
  /** Returns when it waits: MAS's tables are away by then, and nothing is in them yet. */
  reached(run: RunningPulumi): Promise<void>
  release(): Promise<void>
}

/**
 * Somebody's work in Synapse's database: syn2mas reads in a transaction that waits for whatever could still be serialised
 * otherwise (`SERIALIZABLE READ ONLY DEFERRABLE`, as the real one), half-way.
 */
export async function holdUpSyn2Mas(lab: CrashLab): Promise<HoldUp> {
  const somebody = await openDatabaseOf(lab, "synapse")
  await somebody.execute("BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE")
  await somebody.rows("SELECT 1")
  const release = () => somebody.close()
  return {
    async reached(run) {
      await using looking = await openDatabaseOf(lab, "synapse")
      await until("syn2mas waits in Synapse's database", () => isWaiting(looking), run)
    },
    release,
    [Symbol.asyncDispose]: release,
  }
}

async function isWaiting(synapse: Database): Promise<boolean> {
  const rows = await synapse.rows("SELECT FROM pg_stat_activity WHERE wait_event = 'SafeSnapshot'")
  return rows.length > 0
}
