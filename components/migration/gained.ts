import type { Database } from "../host/database.ts"

/** What MAS has come to hold by itself, by kind: what a migration did not bring and Synapse does not know. */
export interface Gained {
  readonly accounts: number
  /** Passwords set or upgraded in MAS: a migration brings version 1 only (syn2mas 1.22.0). */
  readonly passwords: number
  /** Sessions begun in MAS: tokens with MAS's own prefix, and those of OAuth. */
  readonly sessions: number
  readonly emails: number
  readonly links: number
}

/** Reads both sides. Names of people leave neither database but as hashes. */
export async function whatMasGained(databases: {
  readonly synapse: Database
  readonly mas: Database
}): Promise<Gained> {
  const { synapse, mas } = databases
  const { passwords, sessions } = await mas.row<{ passwords: number; sessions: number }>(`SELECT
    (SELECT count(*)::int FROM user_passwords WHERE version <> 1) AS passwords,
    (SELECT count(*)::int FROM compat_access_tokens WHERE access_token LIKE 'mct\\_%')
      + (SELECT count(*)::int FROM oauth2_sessions WHERE user_id IS NOT NULL) AS sessions`)
  const unknown = async (ofMas: string, ofSynapse: string) => {
    const lines = async (database: Database, sql: string) =>
      (await database.rows<{ line: string }>(`SELECT md5(line) AS line FROM (${sql}) AS lines`)).map(({ line }) => line)
    const known = new Set(await lines(synapse, ofSynapse))
    return (await lines(mas, ofMas)).filter((line) => !known.has(line)).length
  }
  return {
    accounts: await unknown("SELECT username AS line FROM users", `SELECT ${localpart("name")} AS line FROM users`),
    passwords,
    sessions,
    emails: await unknown(
      "SELECT concat_ws(' ', username, email) AS line FROM user_emails JOIN users USING (user_id)",
      `SELECT concat_ws(' ', ${localpart("user_id")}, address) AS line FROM user_threepids`,
    ),
    links: await unknown(
      "SELECT concat_ws(' ', username, subject) AS line FROM upstream_oauth_links JOIN users USING (user_id)",
      `SELECT concat_ws(' ', ${localpart("user_id")}, external_id) AS line FROM user_external_ids`,
    ),
  }
}

function localpart(column: string): string {
  return `split_part(substr(${column}, 2), ':', 1)`
}
