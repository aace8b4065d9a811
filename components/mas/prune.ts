import { readKey } from "../files/managed-file.ts"
import { openDatabase } from "../host/database.ts"
import type { Host } from "../host/host.ts"
import { Refusal } from "../report/refusal.ts"
import { readStaticClientIds } from "./client-rows.ts"
import { demandMasCli, type MasAddress, masConfigFile } from "./mas-cli.ts"
import { type DatabasePlace, readMasDatabase } from "./mas-database.ts"
import { ulidOfUuid } from "./ulid.ts"

export interface PrunableMas extends MasAddress {
  readonly database?: DatabasePlace
}

/**
 * Takes clients out of MAS's database that are out of its config already, with `config sync --prune`. That deletes
 * every static client that the file lacks, with their sessions, and every provider that it lacks, with people's links
 * (MAS 1.22, `config sync`): so what it would take is computed first, and has to be just these. Throws
 * `mas/prune-too-much`.
 */
export async function pruneJust(host: Host, mas: PrunableMas, clientIds: readonly string[]): Promise<void> {
  const others = (await whatPruneTakes(host, mas)).filter((name) => !clientIds.includes(name))
  if (others.length > 0) throw tooMuch(host, mas, others)
  const argv = ["config", "sync", "--prune"]
  await demandMasCli(
    host,
    mas,
    { purpose: "sync", argv },
    "The client is out of the file, but still in MAS's database.",
  )
}

async function whatPruneTakes(host: Host, mas: PrunableMas): Promise<readonly string[]> {
  const read = (path: string) => readKey(host, masConfigFile(mas), path)
  await using database = await openDatabase(host, await readMasDatabase(host, mas, mas.database))
  const declared = new Set(idsOf(await read("clients"), "client_id"))
  const strays = (await readStaticClientIds(database)).filter((id) => !declared.has(id))
  const enabled = new Set(idsOf(await read("upstream_oauth2.providers"), "id"))
  const providers = await database.rows<{ id: string; name: string | null }>(
    "SELECT upstream_oauth_provider_id AS id, human_name AS name FROM upstream_oauth_providers",
  )
  const strayProviders = providers.filter(({ id }) => !enabled.has(ulidOfUuid(id)))
  return [...strays, ...strayProviders.map(({ id, name }) => `provider ${name ?? ulidOfUuid(id)}`)]
}

function idsOf(list: unknown, key: string): string[] {
  if (!Array.isArray(list)) return []
  return list.filter((entry) => entry?.enabled !== false).map((entry) => String(entry?.[key]).toUpperCase())
}

function tooMuch(host: Host, mas: MasAddress, others: readonly string[]): Refusal {
  return new Refusal({
    code: "mas/prune-too-much",
    what: `Removing the client from MAS's database would take others with it: ${others.slice(0, 10).join(", ")}`,
    where: { host: host.name, file: mas.config },
    meaning:
      "The client is out of the file and still in the database, where it goes on working. `config sync --prune` " +
      "deletes all that the file lacks, with sessions and links, so it was not run.",
    next: "Declare these in the stack, or put them back into MAS's config; or run `mas-cli config sync --prune` yourself.",
  })
}
