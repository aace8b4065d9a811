import { readdir, readFile } from "node:fs/promises"
import { setTimeout as wait } from "node:timers/promises"
import { crc32 } from "node:zlib"
import type { ClientBase } from "pg"
import { databaseCauses } from "./database.ts"
import { Failure } from "./failure.ts"
import { log } from "./logs.ts"

interface Migration {
  readonly version: string
  readonly description: string
  readonly sql: string
}

const schemaFolder = new URL("./schema/", import.meta.url)

/**
 * Brings MAS's schema up to date; says nothing when it is. One migrator at a time holds sqlx's lock of the database.
 * Ours are four files where MAS 1.22 has 167, but the newest bears the same number.
 */
export async function migrateSchema(client: ClientBase): Promise<void> {
  try {
    await withMigrationLock(client, () => applyPending(client))
  } catch (cause) {
    throw new Failure("could not run migrations", databaseCauses(cause))
  }
}

/** Whether `server --no-migrate` has to refuse. */
export async function hasPendingMigrations(client: ClientBase): Promise<boolean> {
  return (await pendingMigrations(client)).length > 0
}

async function applyPending(client: ClientBase): Promise<void> {
  await client.query(`create table if not exists _sqlx_migrations (
    version bigint primary key, description text not null, installed_on timestamptz not null default now(),
    success boolean not null, checksum bytea not null, execution_time bigint not null)`)
  for (const migration of await pendingMigrations(client)) {
    log("INFO", "mas_storage_pg:378", `Applying migration ${migration.version}: ${migration.description}`)
    await apply(client, migration)
  }
}

async function apply(client: ClientBase, { version, description, sql }: Migration): Promise<void> {
  const begun = performance.now()
  await client.query("begin")
  try {
    await client.query(sql)
    await client.query(
      "insert into _sqlx_migrations values ($1, $2, now(), true, sha384(convert_to($3, 'UTF8')), $4)",
      [version, description, sql, Math.round((performance.now() - begun) * 1e6)],
    )
    await client.query("commit")
  } catch (cause) {
    await client.query("rollback")
    throw cause
  }
}

async function pendingMigrations(client: ClientBase): Promise<readonly Migration[]> {
  const known = await client.query<{ known: boolean }>("select to_regclass('_sqlx_migrations') is not null as known")
  const applied = known.rows[0]?.known
    ? await client.query<{ version: string }>("select version::text from _sqlx_migrations")
    : { rows: [] }
  const done = new Set(applied.rows.map(({ version }) => version))
  return (await availableMigrations()).filter(({ version }) => !done.has(version))
}

async function availableMigrations(): Promise<readonly Migration[]> {
  const files = (await readdir(schemaFolder)).filter((file) => file.endsWith(".sql")).sort()
  return Promise.all(
    files.map(async (file) => {
      const [version = "", ...words] = file.replace(/\.sql$/, "").split("_")
      return { version, description: words.join(" "), sql: await readFile(new URL(file, schemaFolder), "utf8") }
    }),
  )
}

/** sqlx derives the key from the database's name, so that any two migrators meet. */
async function withMigrationLock(client: ClientBase, work: () => Promise<void>): Promise<void> {
  const named = await client.query<{ name: string }>("select current_database() as name")
  const key = (BigInt(crc32(named.rows[0]?.name ?? "")) * 0x3d32ad9en).toString()
  for (let pause = 250; !(await tryLock(client, key)); pause = Math.min(pause * 2, 5000)) {
    const said = `waiting ${pause / 1000}s and trying again…`
    log("WARN", "mas_storage_pg:359", `Another process is already running migrations on the database, ${said}`)
    await wait(pause)
  }
  try {
    await work()
  } finally {
    await client.query("select pg_advisory_unlock($1)", [key])
  }
}

async function tryLock(client: ClientBase, key: string): Promise<boolean> {
  const tried = await client.query<{ held: boolean }>("select pg_try_advisory_lock($1) as held", [key])
  return tried.rows[0]?.held === true
}
