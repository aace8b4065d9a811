import { isReadDevice, type RowKind } from "./row-kinds.ts"

/** A column of milliseconds that syn2mas reads (its `synapse_reader` at v1.22.0), with the rows that it reads of it. */
interface TimeColumn {
  readonly column: string
  readonly rows: string
}

export const millisecondColumns: readonly TimeColumn[] = [
  { column: "added_at", rows: "user_threepids t" },
  { column: "last_seen", rows: `(SELECT d.* FROM devices d WHERE ${isReadDevice}) t` },
  { column: "valid_until_ms", rows: "access_tokens t" },
  { column: "last_validated", rows: "access_tokens t" },
]

/** Milliseconds become nanoseconds in 64 bits there, and what does not fit becomes 1677 without a word (seen with MAS 1.22.0). */
const isOdd = (column: string) => `abs(t.${column}::numeric) > 9223372036854`

export const timeKinds: readonly RowKind[] = [
  {
    name: "odd-times",
    severity: "warning",
    meaning: `times after 2262 (microseconds, perhaps) of devices, tokens or addresses (${millisecondColumns.map(({ column }) => column).join(", ")}): syn2mas makes other times of them without a word, and a token whose end is one of them has ended`,
    next: "Give them one, in milliseconds since 1970, or NULL for a token that has no end (UPDATE access_tokens SET valid_until_ms = NULL WHERE …).",
    sql: `SELECT DISTINCT found.user_id || ' (' || found.col || ')' AS which FROM (
      ${millisecondColumns.map(({ column, rows }) => `SELECT t.user_id, '${column}' AS col FROM ${rows} WHERE ${isOdd(column)}`).join("\n      UNION ALL ")}) found
      JOIN users u ON u.name = found.user_id WHERE u.appservice_id IS NULL`,
  },
]
