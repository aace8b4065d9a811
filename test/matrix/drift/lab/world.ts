import { hash } from "node:crypto"
import { readdir, readFile, stat } from "node:fs/promises"
import { join, relative } from "node:path"
import type { Database } from "../../../../components/host/database.ts"
import { inspectService } from "../../../../components/host/inspection.ts"
import { localHost } from "../../../../components/host/local-host.ts"
import { type Server, type ServiceName, serviceNames } from "./server.ts"

/** The server as it stands, as far as hands and `up` may reach it. */
export interface World {
  /** Text of each file, by its path below the server's folder; not what we keep for ourselves, nor what the server writes. */
  readonly files: Readonly<Record<string, string>>
  /** Owner and mode of each. */
  readonly attributes: Readonly<Record<string, string>>
  /** A digest of each table's rows. */
  readonly rows: Readonly<Record<string, string>>
}

/** When each service began. */
export type Starts = Readonly<Record<ServiceName, string>>

export async function worldOf(server: Server): Promise<World> {
  const [files, mas, synapse] = [await filesOf(server), await masRows(server), await synapseRows(server)]
  return { ...files, rows: { ...mas, ...synapse } }
}

export async function startsOf({ containers }: Server): Promise<Starts> {
  const starts = serviceNames.map(async (name) => {
    const { id, startedAt, isRunning } = await inspectService(localHost, { name: containers[name] })
    return [name, isRunning ? `${id} ${startedAt?.toISOString()}` : "stopped"] as const
  })
  return Object.fromEntries(await Promise.all(starts)) as Starts
}

async function filesOf({ lab }: Server): Promise<Pick<World, "files" | "attributes">> {
  const own = relative(lab.hostFolder, lab.places.host.stateFolder)
  const entries = await readdir(lab.hostFolder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(lab.hostFolder, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith(`${own}/`) && !/\.log(\.\d+)?$|media_store/.test(path))
    .sort()
  const files: Record<string, string> = {}
  const attributes: Record<string, string> = {}
  for (const path of paths) {
    const { mode, uid, gid } = await stat(join(lab.hostFolder, path))
    files[path] = await readFile(join(lab.hostFolder, path), "utf8")
    attributes[path] = `${mode} ${uid} ${gid}`
  }
  return { files, attributes }
}

/** Without MAS's queue, which beats by itself, and without what `config sync` encrypts anew each time. */
async function masRows({ openDatabase }: Server): Promise<World["rows"]> {
  await using database = await openDatabase("mas")
  return await digestsOf(database, "mas", "table_name NOT LIKE 'queue\\_%'")
}

/** Without the tables in which Synapse notes by itself who was seen when. */
async function synapseRows({ openDatabase }: Server): Promise<World["rows"]> {
  await using database = await openDatabase("synapse")
  const tables = [
    "users",
    "access_tokens",
    "refresh_tokens",
    "devices",
    "user_threepids",
    "user_external_ids",
    "events",
  ]
  const which = `table_name IN (${[...tables, "e2e_device_keys_json", "e2e_room_keys"].map((name) => `'${name}'`)})`
  return await digestsOf(database, "synapse", which)
}

async function digestsOf(database: Database, name: string, which: string): Promise<World["rows"]> {
  const tables = await database.rows<{ table: string }>(
    `SELECT table_name AS table FROM information_schema.tables WHERE table_schema = 'public' AND ${which} ORDER BY 1`,
  )
  const digests: Record<string, string> = {}
  for (const { table } of tables) {
    const line = "(to_jsonb(t) - 'encrypted_client_secret')::text"
    const { digest } = await database.row<{ digest: string | null }>(
      `SELECT md5(string_agg(md5(${line}), '' ORDER BY md5(${line}))) AS digest FROM "${table}" t`,
    )
    digests[`${name}.${table}`] = digest ?? "empty"
  }
  return digests
}

/** Digests of all files below a folder, with the time of writing. */
export async function digestsBelow(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const facts = paths.map(async (path) => {
    const { mode, mtimeMs } = await stat(path)
    return [path, `${hash("sha256", await readFile(path))} ${mode} ${mtimeMs}`] as const
  })
  return Object.fromEntries(await Promise.all(facts))
}
