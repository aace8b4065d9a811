import type { Client } from "pg"
import { log } from "../logs.ts"
import { awayName, filledTables } from "./mas-tables.ts"

interface Described {
  readonly table_name: string
  readonly name: string
  readonly definition: string
}

/** What was taken off the tables for loading, in the order of taking off. */
export interface PausedStructure {
  readonly constraints: readonly Described[]
  readonly indices: readonly Described[]
}

/**
 * Renames the eight tables, takes off their constraints and indices and writes down what they were. All in the
 * transaction of the caller: once it is committed, only another run of syn2mas brings the tables back.
 */
export async function pauseStructure(client: Client): Promise<PausedStructure> {
  for (const table of ["syn2mas_restore_constraints", "syn2mas_restore_indices"]) {
    await client.query(
      `create table ${table} (order_key serial primary key, table_name text not null, name text not null,
       definition text not null)`,
    )
  }
  for (const table of filledTables) await client.query(`alter table ${table} rename to ${awayName(table)}`)
  const taken = { constraints: [] as Described[], indices: [] as Described[] }
  for (const table of filledTables.map(awayName)) {
    taken.constraints.push(...(await dropConstraints(client, "contype = 'f' and confrelid = $1::regclass", table)))
    taken.constraints.push(
      ...(await dropConstraints(client, "contype in ('f', 'p', 'u') and conrelid = $1::regclass", table)),
    )
    taken.indices.push(...(await dropIndices(client, table)))
  }
  await writeDown(client, "syn2mas_restore_constraints", taken.constraints)
  await writeDown(client, "syn2mas_restore_indices", taken.indices)
  return taken
}

/** What an earlier run took off. */
export async function readPausedStructure(client: Client): Promise<PausedStructure> {
  const read = async (table: string) => {
    const sql = `select table_name, name, definition from ${table} order by order_key`
    return (await client.query<Described>(sql)).rows
  }
  return { constraints: await read("syn2mas_restore_constraints"), indices: await read("syn2mas_restore_indices") }
}

/** Puts everything back, last taken first put: indices, then constraints, then the names. */
export async function restoreStructure(client: Client, paused: PausedStructure): Promise<void> {
  const target = "syn2mas::mas_writer::constraint_pausing"
  for (const { name, definition } of paused.indices.toReversed()) {
    const seconds = await timed(() => client.query(definition))
    log("INFO", `${target}:164`, `index ${name} rebuilt in ${seconds}s`)
  }
  for (const { table_name, name, definition } of paused.constraints.toReversed()) {
    const seconds = await timed(() => client.query(`alter table ${table_name} add constraint ${name} ${definition}`))
    log("INFO", `${target}:136`, `constraint ${name} rebuilt in ${seconds}s`)
  }
  await client.query("drop table syn2mas_restore_constraints, syn2mas_restore_indices")
  for (const table of filledTables) await client.query(`alter table ${awayName(table)} rename to ${table}`)
}

async function dropConstraints(client: Client, which: string, table: string): Promise<readonly Described[]> {
  const found = await client.query<Described>(
    `select conrelid::regclass::text as table_name, conname as name, pg_get_constraintdef(oid) as definition
     from pg_constraint where ${which}`,
    [table],
  )
  for (const { table_name, name } of found.rows) await client.query(`alter table ${table_name} drop constraint ${name}`)
  return found.rows
}

async function dropIndices(client: Client, table: string): Promise<readonly Described[]> {
  const found = await client.query<Described>(
    `select schemaname as table_name, indexname as name, indexdef as definition from pg_indexes
     where schemaname = current_schema and tablename = $1`,
    [table],
  )
  for (const { name } of found.rows) await client.query(`drop index ${name}`)
  return found.rows
}

async function writeDown(client: Client, table: string, described: readonly Described[]): Promise<void> {
  for (const { table_name, name, definition } of described) {
    const values = [table_name, name, definition]
    await client.query(`insert into ${table} (table_name, name, definition) values ($1, $2, $3)`, values)
  }
}

async function timed(work: () => Promise<unknown>): Promise<string> {
  const begun = performance.now()
  await work()
  return ((performance.now() - begun) / 1000).toFixed(1)
}
