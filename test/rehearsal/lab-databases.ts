import { readDocument } from "../../components/files/managed-file.ts"
import { type Database, openDatabase } from "../../components/host/database.ts"
import { openHost } from "../../components/host/open-host.ts"
import { masDatabase } from "../../components/mas/mas-database.ts"
import type { Holdings, Side } from "../../components/migration/holdings.ts"
import { readHoldings } from "../../components/migration/read-holdings.ts"
import { synapseDatabase } from "../../components/synapse/synapse-database.ts"
import type { Lab } from "../lab/lab.ts"

/** A session in one of a lab's databases, read-only. */
export async function openLabDatabase({ places }: Pick<Lab, "places">, side: Side): Promise<Database> {
  const host = openHost({ kind: "local" })
  if (side === "synapse") {
    const file = { path: places.synapse.homeserverYaml, dialect: "yaml11" } as const
    const homeserver = (await readDocument(host, file)) as Record<string, unknown>
    return openDatabase(host, synapseDatabase(homeserver, { place: places.databases.synapse }))
  }
  const config = (await readDocument(host, { path: places.mas.config, dialect: "yaml12" })) as Record<string, unknown>
  return openDatabase(host, masDatabase(config.database, { place: places.databases.mas }))
}

export async function labHoldings(lab: Lab, side: Side): Promise<Holdings> {
  await using database = await openLabDatabase(lab, side)
  return await readHoldings(database, side)
}
