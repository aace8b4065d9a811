import { hash } from "node:crypto"
import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import type { Database } from "../../components/host/database.ts"
import { inspectService } from "../../components/host/inspection.ts"
import { openHost } from "../../components/host/open-host.ts"
import type { Lab } from "../lab/lab.ts"
import { openLabDatabase } from "./lab-databases.ts"

/** By name, what must be as it was when nothing was changed: files, rows, starts of containers. */
export type Fingerprint = Readonly<Record<string, string>>

type Placed = Pick<Lab, "places">

/**
 * Takes the fingerprint of a lab: what a preview may not change. `open`: the way to its databases where the documents that
 * name it cannot be read.
 */
export async function fingerprintOf(lab: Placed, open: typeof openLabDatabase = openLabDatabase): Promise<Fingerprint> {
  return {
    ...(await filesIn(lab.places.host.stateFolder.replace(/\/[^/]*$/, ""))),
    ...(await startsOf(lab)),
    ...(await rowsIn(await open(lab, "synapse"), "synapse", synapseTables)),
    ...(await rowsIn(await open(lab, "mas"), "mas", masTables)),
  }
}

/** Synapse writes by itself when somebody was last seen, and its statistics: those tables are left out. */
const synapseTables = `table_name IN ('users', 'access_tokens', 'refresh_tokens', 'user_threepids', 'user_external_ids',
  'events', 'e2e_device_keys_json', 'e2e_one_time_keys_json', 'e2e_room_keys', 'e2e_room_keys_versions')`

/** MAS's queue beats by itself. */
const masTables = "table_name NOT LIKE 'queue\\_%'"

async function filesIn(folder: string): Promise<Fingerprint> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  // Synapse's own log and media go on.
  const files = entries.filter(
    (entry) => entry.isFile() && !/\.log$|media_store/.test(join(entry.parentPath, entry.name)),
  )
  const facts = files.map(async (entry) => {
    const path = join(entry.parentPath, entry.name)
    const { mode, uid, gid, mtimeMs } = await stat(path)
    return [path, [hash("sha256", await readFile(path)), mode, uid, gid, mtimeMs].join(" ")] as const
  })
  return Object.fromEntries(await Promise.all(facts))
}

async function startsOf({ places }: Placed): Promise<Fingerprint> {
  const host = openHost({ kind: "local" })
  const containers = [places.synapse, places.mas, places.wellKnown, places.element].map(({ container }) => container)
  const starts = containers.map(async (container) => {
    const { startedAt } = await inspectService(host, { name: container })
    return [`start of ${container}`, String(startedAt?.toISOString())] as const
  })
  return Object.fromEntries(await Promise.all(starts))
}

async function rowsIn(database: Database, name: string, tables: string): Promise<Fingerprint> {
  await using session = database
  const found = await session.rows<{ table_name: string }>(
    `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND ${tables} ORDER BY 1`,
  )
  const digests: Record<string, string> = {}
  for (const { table_name: table } of found) {
    const { digest } = await session.row<{ digest: string | null }>(
      `SELECT md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) AS digest FROM "${table}" t`,
    )
    digests[`${name}.${table}`] = digest ?? "empty"
  }
  return digests
}
