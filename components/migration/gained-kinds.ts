/**
 * What MAS comes to hold by itself once people use it, kind by kind. It goes by what syn2mas 1.22.0 writes, not by the
 * time of the cutover, which nobody may know: an account has Synapse's `creation_ts`, in whole seconds; a password has
 * version 1 and the account's own time; locks and deactivations have the account's time too; tokens are Synapse's.
 */
export interface GainedKind {
  /** By which config gives it up, and its number. */
  readonly name: `mas-${string}`
  /** What it is, of how many it is said beside it. */
  readonly what: string
  /** What becomes of it when MAS's copy is made anew from Synapse. */
  readonly lost: string
  /** Selects text columns `account` and `line` from MAS's database. */
  readonly mas: string
  /** Selects `line` from Synapse's: the lines that it has as well are no gain. */
  readonly synapse?: string
  /** Counted for accounts that are given up whole, too. */
  readonly ofNewAccounts?: true
}

/** The name of an account within its server, from a column that holds all of it. */
export const localpart = (column: string) => `split_part(substr(${column}, 2), ':', 1)`

const ofSynapseUsers = (condition: string) => `SELECT ${localpart("name")} AS line FROM users WHERE ${condition}`
const ofMasUsers = (condition: string) => `SELECT username AS account, username AS line FROM users WHERE ${condition}`

/**
 * A password moves to MAS's own scheme when its owner logs in, and is the same one: `upgraded_from_id` leads back to
 * the row that came first. The newest row counts.
 */
const changedPasswords = `WITH RECURSIVE chain AS (
    (SELECT DISTINCT ON (user_id) user_id, upgraded_from_id, version, created_at FROM user_passwords
      ORDER BY user_id, created_at DESC, user_password_id DESC)
    UNION ALL
    SELECT p.user_id, p.upgraded_from_id, p.version, p.created_at
      FROM chain JOIN user_passwords p ON p.user_password_id = chain.upgraded_from_id)
  SELECT u.username AS account, u.username AS line FROM chain c JOIN users u USING (user_id)
    WHERE c.upgraded_from_id IS NULL AND NOT (c.version = 1 AND c.created_at = u.created_at)`

/**
 * Sessions that go on and whose tokens are MAS's own (`mct_`; tokens.rs of MAS 1.22.0): begun with MAS, or taken over
 * and refreshed there since. `line` is the device, `-` where there is none. Sessions of clients with themselves
 * (`client_credentials`) belong to nobody and are made anew by the next request.
 *
 * What tells the two apart: syn2mas makes compat sessions alone (`begun`, in milliseconds; NULL of others), and their tokens
 * of before (`hasOld`) stay beside the new ones until MAS clears away what expired 30 days ago.
 */
export const masSessions = `SELECT u.username AS account, coalesce(s.device_id, '-') AS line,
      round(extract(epoch FROM s.created_at) * 1000)::float8 AS begun,
      EXISTS (SELECT FROM compat_access_tokens o WHERE o.compat_session_id = s.compat_session_id
        AND o.access_token NOT LIKE 'mct\\_%') AS "hasOld"
    FROM compat_sessions s JOIN users u USING (user_id)
    WHERE s.finished_at IS NULL AND EXISTS (SELECT FROM compat_access_tokens t
      WHERE t.compat_session_id = s.compat_session_id AND t.access_token LIKE 'mct\\_%')
  UNION ALL SELECT u.username, ${deviceIn("s.scope_list")}, NULL, false FROM oauth2_sessions s JOIN users u USING (user_id)
    WHERE s.finished_at IS NULL
  UNION ALL SELECT u.username, ${deviceIn("s.scope_list")}, NULL, false FROM personal_sessions s
    JOIN users u ON u.user_id = s.actor_user_id WHERE s.revoked_at IS NULL`

/** The device that a scope names, stable or not (MSC2967). */
function deviceIn(scopes: string): string {
  return `coalesce((SELECT substring(scope FROM '^urn:matrix:(?:org\\.matrix\\.msc2967\\.)?client:device:(.+)$') AS device
    FROM unnest(${scopes}) AS scope ORDER BY device LIMIT 1), '-')`
}

export const gainedKinds: readonly GainedKind[] = [
  {
    name: "mas-accounts",
    what: "accounts registered with MAS",
    lost: "they stay in Synapse as far as they came to be there; what one logs in with is gone",
    mas: `SELECT username AS account, concat_ws(' ', username, CASE WHEN created_at = date_trunc('second', created_at)
      THEN extract(epoch FROM created_at)::bigint END) AS line FROM users`,
    synapse: `SELECT concat_ws(' ', ${localpart("name")}, creation_ts) AS line FROM users`,
  },
  {
    name: "mas-passwords",
    what: "passwords set or changed in MAS",
    lost: "the one that Synapse has counts again",
    mas: changedPasswords,
  },
  {
    name: "mas-sessions",
    what: "sessions with MAS's own tokens",
    lost: "they are logged out",
    mas: masSessions,
    ofNewAccounts: true,
  },
  {
    name: "mas-emails",
    what: "e-mail addresses that Synapse does not know",
    lost: "they are gone",
    mas: `SELECT u.username AS account, concat_ws(' ', u.username, lower(e.email)) AS line
      FROM user_emails e JOIN users u USING (user_id)`,
    synapse: `SELECT concat_ws(' ', ${localpart("user_id")}, lower(address)) AS line FROM user_threepids
      WHERE medium = 'email'`,
  },
  {
    name: "mas-links",
    what: "links to another provider's accounts that Synapse does not know",
    lost: "they are gone: nobody logs in by them until they are made again",
    mas: `SELECT u.username AS account, concat_ws(' ', u.username, l.subject) AS line
      FROM upstream_oauth_links l JOIN users u USING (user_id)`,
    synapse: `SELECT concat_ws(' ', ${localpart("user_id")}, external_id) AS line FROM user_external_ids`,
  },
  {
    name: "mas-locks",
    what: "accounts locked in MAS, and not in Synapse",
    lost: "they are open again",
    mas: ofMasUsers("locked_at <> created_at"),
    synapse: ofSynapseUsers("locked"),
  },
  {
    name: "mas-deactivations",
    what: "accounts deactivated in MAS, and not in Synapse",
    lost: "they are in use again",
    mas: ofMasUsers("deactivated_at <> created_at"),
    synapse: ofSynapseUsers("deactivated <> 0"),
  },
  {
    name: "mas-admins",
    what: "admins in MAS who are none in Synapse",
    lost: "they are admins no longer",
    mas: ofMasUsers("can_request_admin AND deactivated_at IS NULL"),
    synapse: ofSynapseUsers("admin <> 0"),
  },
]
