import { hash, randomBytes } from "node:crypto"
import { type Database, openDatabase } from "../host/database.ts"
import type { Host } from "../host/host.ts"
import { Refusal } from "../report/refusal.ts"
import type { DumpSource } from "./dump-source.ts"

/** Whose scratch databases: of one folder of backups and one source, so that two servers in one cluster do not meet. */
export interface ScratchOwner {
  readonly source: DumpSource
  /** The folder of backups on the host. */
  readonly folder: string
}

/** All names of ours begin so; what follows is the owner's own. */
const family = "matrix_auth_proof"

/**
 * Makes an empty database of a name that nobody else has, in the cluster and of the kind of the source, lets `work` do
 * with it what it wants, and drops it, whatever came of that. Throws `backup/no-scratch-database`.
 */
export async function withScratchDatabase<T>(
  host: Host,
  owner: ScratchOwner,
  work: (scratch: DumpSource) => Promise<T>,
): Promise<T> {
  const { source } = owner
  const name = `${prefixOf(owner)}${randomBytes(6).toString("hex")}`
  await using session = await openDatabase(host, source, { writable: true, statementSeconds: 600 })
  const { kind } = await session.row<{ kind: string }>(kindOfSource)
  await session.execute(`CREATE DATABASE ${name} TEMPLATE template0 ${kind}`).catch((error) => {
    throw notMade(host, source, error)
  })
  try {
    return await work({ ...source, database: name })
  } finally {
    await drop(session, name)
  }
}

/** Drops what earlier runs of the same owner left, since they were killed. Says their names. Not while one is at work. */
export async function dropLeftoverScratch(host: Host, owner: ScratchOwner): Promise<readonly string[]> {
  await using session = await openDatabase(host, owner.source, { writable: true, statementSeconds: 600 })
  const found = await session.rows<{ name: string }>(
    "SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1",
    [prefixOf(owner)],
  )
  for (const { name } of found) await drop(session, name)
  return found.map(({ name }) => name)
}

function prefixOf({ source, folder }: ScratchOwner): string {
  return `${family}_${hash("sha256", `${folder}\n${source.database}`).slice(0, 10)}_`
}

/** Encoding and locale count: Synapse's tables are sorted by C, and a row need not fit into another encoding. */
const kindOfSource = `
  SELECT format('ENCODING %L LC_COLLATE %L LC_CTYPE %L', pg_encoding_to_char(encoding), datcollate, datctype) AS kind
  FROM pg_database WHERE datname = current_database()`

/** With FORCE (Postgres 13 and later): a `pg_restore` whose client was killed may still be at work in it. */
async function drop(session: Database, name: string): Promise<void> {
  await session.execute(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
}

function notMade(host: Host, { user, database }: DumpSource, cause: unknown): Refusal {
  return new Refusal({
    code: "backup/no-scratch-database",
    what: `${user} could not make a scratch database to prove the dump of ${database} in`,
    where: { host: host.name, database },
    meaning:
      "A dump that was never restored does not count as a backup. Nothing was changed; the server goes on as it was.",
    next: `Let the role make databases (as the server's superuser: ALTER ROLE "${user}" CREATEDB), then run again.`,
    cause,
  })
}
