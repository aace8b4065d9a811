import type { Database } from "../host/database.ts"

/**
 * What MAS's database is like, as far as a migration goes.
 *
 * - `unprepared`: no tables yet; MAS has not been started on it.
 * - `empty`: none of the tables that syn2mas fills has a row.
 * - `interrupted`: a migration, or a dry-run, was ended half-way. The tables stand renamed until the next one finishes.
 *   `syn2mas check` says that all is well then, so only the database can be asked (seen with MAS 1.22.0).
 * - `filled`: accounts are there.
 */
export type MasState = "unprepared" | "empty" | "interrupted" | "filled"

export async function readMasState(database: Database): Promise<MasState> {
  const { interrupted, prepared } = await database.row<{ interrupted: boolean; prepared: boolean }>(`SELECT
    to_regclass('public.syn2mas_restore_constraints') IS NOT NULL AS interrupted,
    to_regclass('public.users') IS NOT NULL AS prepared`)
  if (interrupted) return "interrupted"
  if (!prepared) return "unprepared"
  const { filled } = await database.row<{ filled: boolean }>("SELECT EXISTS (SELECT FROM users) AS filled")
  return filled ? "filled" : "empty"
}
