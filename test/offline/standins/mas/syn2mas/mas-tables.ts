import type { Client } from "pg"
import { databaseCauses } from "../database.ts"
import { Failure } from "../failure.ts"

/** The tables that syn2mas fills, in the order in which it looks whether they are empty. */
export const filledTables = [
  "users",
  "user_passwords",
  "user_emails",
  "user_unsupported_third_party_ids",
  "upstream_oauth_links",
  "compat_sessions",
  "compat_access_tokens",
  "compat_refresh_tokens",
] as const

export type FilledTable = (typeof filledTables)[number]

/** The name of a table while a migration is under way: nobody else finds it then. */
export function awayName(table: FilledTable): string {
  return `syn2mas__${table}`
}

/** Whether a migration was begun and not ended: the two tables with what is to be rebuilt are there. */
export async function isUnderWay(client: Client): Promise<boolean> {
  const found = await client.query(
    `select from pg_tables where schemaname = current_schema
     and tablename in ('syn2mas_restore_constraints', 'syn2mas_restore_indices')`,
  )
  const tables = found.rowCount ?? 0
  if (tables === 1) throw new Failure("some, but not all, syn2mas resumption tables were found")
  return tables === 2
}

/** @throws Failure if a row is in the way. After a migration that was cut off nothing is looked at. */
export async function checkEmpty(client: Client): Promise<void> {
  if (await isUnderWay(client)) return
  for (const table of filledTables) {
    if (await hasRows(client, table)) {
      const advice = "Please drop and recreate the database, then try again."
      throw new Failure(`The MAS database is not empty: rows found in at least \`${table}\`. ${advice}`)
    }
  }
}

async function hasRows(client: Client, table: FilledTable): Promise<boolean> {
  try {
    return (await client.query(`select from ${table} limit 1`)).rowCount === 1
  } catch (cause) {
    throw new Failure(`Query against ${table} failed — is this actually a MAS database?`, databaseCauses(cause))
  }
}
