import type { Database } from "../host/database.ts"

/** Rows of each table, by `schema.table`. */
export type RowCounts = Readonly<Record<string, number>>

/**
 * A query that counts every table that a dump holds rows of. Made by the server, which quotes names as it wants them.
 * Left out: what is not dumped as rows (views, foreign and temporary tables, tables that an extension brings).
 */
const countingQuery = `
  SELECT string_agg(
    format('SELECT %L AS "table", count(*) AS rows FROM ONLY %I.%I', n.nspname || '.' || c.relname, n.nspname, c.relname),
    ' UNION ALL ') AS query
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence <> 't'
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`

/** Counts the rows of every table of the database. Within a transaction: all as of one moment. */
export async function countRows(session: Database): Promise<RowCounts> {
  const { query } = await session.row<{ query: string | null }>(countingQuery)
  if (query === null) return {}
  const counted = await session.rows<{ table: string; rows: string }>(`${query} ORDER BY 1`)
  return Object.fromEntries(counted.map(({ table, rows }) => [table, Number(rows)]))
}

/** Of all tables together. */
export function totalRows(counts: RowCounts): number {
  return Object.values(counts).reduce((sum, rows) => sum + rows, 0)
}

/** What is not the same in two databases that should hold the same, in words, a table each. */
export function differingTables(expected: RowCounts, found: RowCounts): readonly string[] {
  const tables = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort()
  return tables
    .filter((table) => expected[table] !== found[table])
    .map((table) => `${table}: ${inWords(expected[table])} dumped, ${inWords(found[table])} restored`)
}

function inWords(rows: number | undefined): string {
  return rows === undefined ? "no such table" : `${rows} rows`
}
