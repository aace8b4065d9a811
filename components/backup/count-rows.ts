import type { Database } from "../host/database.ts"
import { Refusal } from "../report/refusal.ts"

/** Rows of each table, by `schema.table`. */
export type RowCounts = Readonly<Record<string, number>>

/**
 * Every table that a dump holds rows of. Left out: what is not dumped as rows (views, foreign and temporary tables, tables
 * that an extension brings).
 */
const dumpedTables = `
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence <> 't'
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`

/** Made by the server, which quotes names as it wants them. */
const countingQuery = `
  SELECT string_agg(
    format('SELECT %L AS "table", count(*) AS rows FROM ONLY %I.%I', n.nspname || '.' || c.relname, n.nspname, c.relname),
    ' UNION ALL ') AS query ${dumpedTables}`

/** Counts the rows of every table of the database. Within a transaction: all as of one moment. */
export async function countRows(session: Database): Promise<RowCounts> {
  const { query } = await session.row<{ query: string | null }>(countingQuery)
  if (query === null) return {}
  const counted = await session.rows<{ table: string; rows: string }>(`${query} ORDER BY 1`)
  return Object.fromEntries(counted.map(({ table, rows }) => [table, Number(rows)]))
}

/** What a snapshot held, as far as it can still be told. */
export interface SnapshotCounts {
  readonly rows: RowCounts
  /** Tables that were dropped, emptied or rewritten since, or that somebody keeps locked: nobody can count those any more. */
  readonly gone: readonly string[]
}

interface SnapshotTable {
  readonly oid: string
  readonly name: string
  readonly quoted: string
  /** Another one means that the table was emptied or rewritten: an older snapshot then sees no rows. */
  readonly filenode: string
}

const tablesOfSnapshot = `
  SELECT c.oid::text, n.nspname || '.' || c.relname AS name, format('%I.%I', n.nspname, c.relname) AS quoted,
    c.relfilenode::text AS filenode ${dumpedTables} ORDER BY 2`

/**
 * Counts the rows of every table as of the transaction's snapshot, after a dump of the very same. Nothing is locked while the
 * dump is made: a statement that waited for us would keep `pg_dump` waiting behind it.
 */
export async function countSnapshot(session: Database): Promise<SnapshotCounts> {
  const rows: Record<string, number> = {}
  const gone: string[] = []
  for (const table of await session.rows<SnapshotTable>(tablesOfSnapshot)) {
    const count = await countTable(session, table)
    if (count === undefined) gone.push(table.name)
    else rows[table.name] = count
  }
  return { rows, gone }
}

async function countTable(session: Database, { oid, quoted, filenode }: SnapshotTable): Promise<number | undefined> {
  await session.execute("SAVEPOINT one_table")
  try {
    await session.execute("SET LOCAL lock_timeout = '5s'")
    await session.execute(`LOCK TABLE ONLY ${quoted} IN ACCESS SHARE MODE`)
    const now = await session.row<{ filenode: string | null }>(
      "SELECT pg_relation_filenode($1::oid)::text AS filenode",
      [oid],
    )
    const { count } = await session.row<{ count: string }>(`SELECT count(*) FROM ONLY ${quoted}`)
    await session.execute("RELEASE SAVEPOINT one_table")
    return now.filenode === filenode ? Number(count) : undefined
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    // Where the session itself broke, this fails, too.
    await session.execute("ROLLBACK TO SAVEPOINT one_table")
    return undefined
  }
}

/** Of all tables together. */
export function totalRows(counts: RowCounts): number {
  return Object.values(counts).reduce((sum, rows) => sum + rows, 0)
}

/** What is not the same in two databases that should hold the same, in words, a table each. Of one that is gone any number will do. */
export function differingTables({ rows: expected, gone }: SnapshotCounts, found: RowCounts): readonly string[] {
  const tables = [...new Set([...Object.keys(expected), ...Object.keys(found), ...gone])].sort()
  return tables
    .filter((table) => (gone.includes(table) ? found[table] === undefined : expected[table] !== found[table]))
    .map((table) => `${table}: ${inWords(expected[table])} dumped, ${inWords(found[table])} restored`)
}

function inWords(rows: number | undefined): string {
  return rows === undefined ? "no such table" : `${rows} rows`
}
