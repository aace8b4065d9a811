import type { Database } from "../host/database.ts"
import { stopService } from "../host/service.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import { startMas } from "../mas/mas-running.ts"
import { Refusal } from "../report/refusal.ts"
import type { MigrationPlaces } from "./cut-over.ts"
import { type Gained, whatMasGained } from "./gained.ts"
import { readMasState } from "./mas-state.ts"

/**
 * syn2mas fills an empty database only. A copy that an earlier cutover left there is stale as soon as Synapse has served
 * again by itself: a device that MAS does not know would be deleted with its keys. So it is thrown away, unless MAS has
 * gained something by itself meanwhile: that is not ours to give up.
 *
 * Throws `migration/mas-unprepared`, and `migration/mas-not-empty` with what MAS has gained.
 */
export async function makeRoom(context: Context, places: MigrationPlaces): Promise<void> {
  const state = await inDatabase(places, readMasState)
  if (state === "empty" || state === "interrupted") return
  if (state === "unprepared") throw unprepared(context, places)
  await demandNothingGained(context, places)
  await stopService(context.host, places.mas.service)
  try {
    // Again, since somebody may have logged in at MAS meanwhile.
    await demandNothingGained(context, places)
    context.say("MAS holds a stale copy from an earlier cutover, and nothing of its own: it is thrown away")
    await using mas = await places.open("mas", { writable: true })
    await mas.execute("TRUNCATE users CASCADE")
  } catch (error) {
    await startMas(context.host, places.mas, context.say)
    throw error
  }
}

async function demandNothingGained(context: Context, places: MigrationPlaces): Promise<void> {
  await using synapse = await places.open("synapse")
  await using mas = await places.open("mas")
  const gained = await whatMasGained({ synapse, mas })
  if (Object.values(gained).some((count) => count > 0)) throw notEmpty(context, places, gained)
}

async function inDatabase<T>(places: MigrationPlaces, read: (mas: Database) => Promise<T>): Promise<T> {
  await using mas = await places.open("mas")
  return await read(mas)
}

function unprepared({ host }: Context, { mas }: MigrationPlaces): Refusal {
  return new Refusal({
    code: "migration/mas-unprepared",
    what: "MAS's database has no tables yet",
    where: { host: host.name, file: mas.config },
    meaning: "MAS has never been started on it. Nothing was changed; Synapse goes on serving.",
    next: "Start MAS once, then `pulumi up`.",
  })
}

function notEmpty({ host }: Context, { mas }: MigrationPlaces, gained: Gained): Refusal {
  const found = Object.entries(gained).filter(([, count]) => count > 0)
  return new Refusal({
    code: "migration/mas-not-empty",
    what: `MAS holds what Synapse does not know: ${found.map(([kind, count]) => `${count} ${kind}`).join(", ")}`,
    where: { host: host.name, file: mas.config },
    meaning:
      "Synapse uses its own accounts, so MAS's copy is stale, and making it anew would lose these. Nothing was changed; " +
      "Synapse goes on serving.",
    next: "Dump MAS's database and see what of it is to be kept. Then stop MAS, `TRUNCATE users CASCADE` there, and `pulumi up`.",
  })
}
