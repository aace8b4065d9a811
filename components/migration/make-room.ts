import type { DumpSource } from "../backup/dump-source.ts"
import type { Database } from "../host/database.ts"
import { stopService } from "../host/service.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import { startMas } from "../mas/mas-running.ts"
import { Refusal } from "../report/refusal.ts"
import { removeAccounts } from "./account-tables.ts"
import type { MigrationPlaces } from "./cut-over.ts"
import { type Gained, whatMasGained } from "./gained.ts"
import { demandGivenUp, keptFolder, sayGivenUp } from "./give-up.ts"
import { keepDump } from "./keep-dump.ts"
import { readMasState } from "./mas-state.ts"

/**
 * syn2mas fills an empty database only. A copy that an earlier cutover left there is stale as soon as Synapse has served
 * again by itself: a device that MAS does not know would be deleted with its keys. So it is thrown away. What MAS has
 * gained by itself meanwhile is given up only where config says so by kind and count, and is kept in a dump, made when MAS
 * has stopped, so that nothing is gained after it. `source` is where MAS's database is dumped from.
 *
 * Throws `migration/mas-unprepared`, and `migration/mas-not-empty` with what MAS has gained; MAS then runs as before.
 */
export async function makeRoom(context: Context, places: MigrationPlaces, source: DumpSource): Promise<void> {
  const state = await inDatabase(places, readMasState)
  if (state === "empty" || state === "interrupted") return
  if (state === "unprepared") throw unprepared(context, places)
  await demandAcknowledged(context, places)
  await stopService(context.host, places.mas.service)
  try {
    // Again, since somebody may have logged in at MAS meanwhile.
    const gained = await demandAcknowledged(context, places)
    if (gained.length > 0) await keep(context, places, { gained, source })
    else context.say("MAS holds a stale copy from an earlier cutover, and nothing of its own: it is thrown away")
    await using mas = await places.open("mas", { writable: true })
    await removeAccounts(mas)
  } catch (error) {
    await startMas(context.host, places.mas, context.say)
    throw error
  }
}

async function demandAcknowledged(context: Context, places: MigrationPlaces): Promise<readonly Gained[]> {
  await using synapse = await places.open("synapse")
  await using mas = await places.open("mas")
  const gained = await whatMasGained({ synapse, mas })
  demandGivenUp(context.host, places, gained)
  return gained
}

async function keep(
  { host, say }: Context,
  places: MigrationPlaces,
  { gained, source }: { readonly gained: readonly Gained[]; readonly source: DumpSource },
): Promise<void> {
  for (const line of sayGivenUp(gained)) say(line)
  const file = await keepDump(host, source, keptFolder(places))
  say(`MAS's database as it was is kept in ${file}`)
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
