import type { Database } from "../host/database.ts"
import { Refusal } from "../report/refusal.ts"

/**
 * MAS's tables that hang on `users` by foreign keys, so that `TRUNCATE users CASCADE` empties them, whatever the keys say
 * of deletions (all 167 migrations of MAS 1.22.0; a dry-run of syn2mas ends with the same cascade).
 */
const ofAccounts: ReadonlySet<string> = new Set([
  "users",
  "compat_access_tokens",
  "compat_refresh_tokens",
  "compat_sessions",
  "compat_sso_logins",
  "oauth2_access_tokens",
  "oauth2_authorization_grants",
  "oauth2_device_code_grant",
  "oauth2_refresh_tokens",
  "oauth2_sessions",
  "personal_access_tokens",
  "personal_sessions",
  "upstream_oauth_authorization_sessions",
  "upstream_oauth_links",
  "user_email_authentication_codes",
  "user_email_authentications",
  "user_emails",
  "user_passwords",
  "user_recovery_tickets",
  "user_registrations",
  "user_session_authentications",
  "user_sessions",
  "user_terms",
  "user_unsupported_third_party_ids",
])

/** What is not of any account, and has to stay: a newer MAS that hung one of these on `users` would lose it. */
const staying: ReadonlySet<string> = new Set([
  "_sqlx_migrations",
  "oauth2_clients",
  "policy_data",
  "queue_jobs",
  "queue_leader",
  "queue_schedules",
  "queue_workers",
  "upstream_oauth_providers",
  "user_registration_tokens",
])

const hangingOnUsers = `WITH RECURSIVE hanging AS (
    SELECT 'public.users'::regclass::oid AS id
    UNION SELECT c.conrelid FROM pg_constraint c JOIN hanging ON c.confrelid = hanging.id WHERE c.contype = 'f')
  SELECT relname AS table FROM hanging JOIN pg_class ON oid = id ORDER BY relname`

/**
 * A table's name for each of its rows that would go with the accounts and that we know nothing of: a newer MAS has such
 * tables. Throws `migration/mas-tables-differ` when what must stay would go too.
 */
export async function readOtherRows(mas: Database): Promise<readonly string[]> {
  const tables = (await mas.rows<{ table: string }>(hangingOnUsers)).map(({ table }) => table)
  const lost = tables.filter((table) => staying.has(table))
  if (lost.length > 0) throw tablesDiffer(lost)
  const others: string[] = []
  for (const table of tables.filter((name) => !ofAccounts.has(name))) {
    const { count } = await mas.row<{ count: number }>(`SELECT count(*)::int AS count FROM public."${table}"`)
    others.push(...Array.from({ length: count }, () => table))
  }
  return others
}

function tablesDiffer(tables: readonly string[]): Refusal {
  return new Refusal({
    code: "migration/mas-tables-differ",
    what: `In this MAS, ${tables.join(" and ")} would be emptied together with the accounts`,
    meaning: "It is newer than what we know, and what is not of accounts would be lost. Nothing was changed.",
    next: "Take a release of matrix-auth that knows this MAS, or the MAS that the last cutover was made with.",
  })
}

/**
 * Jobs of a copy that is gone, not done yet. Each names a user, an e-mail or a recovery by an id that a new migration
 * does not give out again (`Ulid::from_datetime_with_rng`, syn2mas' migration.rs), so a worker would only say `User not
 * found` and give up (tasks/src/{matrix,user}.rs). Two kinds do go astray, since they go by what they find:
 * `expire-inactive-*-sessions` (tasks/src/sessions.rs) ends every session that was idle before its threshold, without
 * asking whether the config still wants that, and has Synapse's devices deleted with their keys; and
 * `send-account-recovery-email` (tasks/src/recovery.rs) writes to whoever has that address now. All of MAS 1.22.0.
 */
const jobsOfAccounts = `DELETE FROM queue_jobs WHERE status IN ('available', 'scheduled', 'running', 'lost') AND (
    payload ?| ARRAY['user_id', 'user_email_id', 'user_email_authentication_id', 'user_recovery_session_id']
    OR queue_name LIKE 'expire-inactive-%-sessions')`

/**
 * Takes the accounts out of MAS's database, with all that is theirs and the jobs that wait for them. Clients, those too
 * that registered themselves, providers, policy data and registration tokens stay. Recoveries name an account by its
 * e-mail, not by a key. MAS's server has to be stopped.
 */
export async function removeAccounts(mas: Database): Promise<void> {
  await mas.transaction(async () => {
    await mas.execute(jobsOfAccounts)
    await mas.execute("TRUNCATE users, user_recovery_sessions CASCADE")
  })
}
