/**
 * What Synapse holds and what MAS must hold after syn2mas, kind by kind: one query for each side that yields the same
 * lines when nothing was lost. Compared as sets, by digests made inside both databases: MAS makes Synapse's devices of a
 * user equal to its own list and deletes the rest, keys included, so equal totals are not enough.
 *
 * What syn2mas leaves out, and so do the queries for Synapse (syn2mas 1.22.0, `synapse_reader` and `migration`):
 * accounts of application services, and all that is theirs; devices and tokens of deactivated accounts and guests;
 * hidden devices (cross-signing keys) and `guest_device`; tokens made for another user (`puppets_user_id`); tokens whose
 * device is gone; a refresh token whose successor was used.
 */
export interface HoldingKind {
  readonly name: string
  /** Selects one text column `line` from Synapse's database. */
  readonly synapse: string
  /** The same lines from MAS's. */
  readonly mas: string
}

const localpart = (column: string) => `split_part(substr(${column}, 2), ':', 1)`
const people = "users u WHERE u.appservice_id IS NULL"
const owned = (table: string) => `${table} t JOIN users u ON u.name = t.user_id WHERE u.appservice_id IS NULL`
const active = "u.appservice_id IS NULL AND u.deactivated = 0 AND u.is_guest = 0"

const devices = `SELECT concat_ws(' ', ${localpart("d.user_id")}, d.device_id) AS line
  FROM devices d JOIN users u ON u.name = d.user_id
  WHERE NOT d.hidden AND d.device_id <> 'guest_device' AND ${active}`

const lastingTokens = `access_tokens a JOIN users u ON u.name = a.user_id
  WHERE a.puppets_user_id IS NULL AND a.refresh_token_id IS NULL AND ${active}
    AND (a.device_id IS NULL OR EXISTS
      (SELECT FROM devices d WHERE d.user_id = a.user_id AND d.device_id = a.device_id))`

const tokenPairs = `refresh_tokens r
  JOIN users u ON u.name = r.user_id
  JOIN devices d ON d.user_id = r.user_id AND d.device_id = r.device_id
  JOIN access_tokens a ON a.refresh_token_id = r.id AND a.user_id = r.user_id AND a.device_id = r.device_id
  LEFT JOIN access_tokens next ON next.refresh_token_id = r.next_token_id
  WHERE (NOT next.used OR next.used IS NULL) AND ${active}`

const tokenLine = (table: string, column: string) =>
  `concat_ws(' ', ${localpart(`${table}.user_id`)}, coalesce(${table}.device_id, '-'), ${column}) AS line`

export const holdingKinds: readonly HoldingKind[] = [
  {
    name: "users",
    synapse: `SELECT ${localpart("u.name")} AS line FROM ${people}`,
    mas: "SELECT username AS line FROM users",
  },
  {
    name: "deactivated",
    synapse: `SELECT ${localpart("u.name")} AS line FROM ${people} AND u.deactivated <> 0`,
    mas: "SELECT username AS line FROM users WHERE deactivated_at IS NOT NULL",
  },
  {
    name: "locked",
    synapse: `SELECT ${localpart("u.name")} AS line FROM ${people} AND u.locked`,
    mas: "SELECT username AS line FROM users WHERE locked_at IS NOT NULL",
  },
  {
    name: "admins",
    synapse: `SELECT ${localpart("u.name")} AS line FROM ${people} AND u.admin <> 0`,
    mas: "SELECT username AS line FROM users WHERE can_request_admin",
  },
  {
    name: "guests",
    synapse: `SELECT ${localpart("u.name")} AS line FROM ${people} AND u.is_guest <> 0`,
    mas: "SELECT username AS line FROM users WHERE is_guest",
  },
  {
    name: "passwords",
    synapse: `SELECT concat_ws(' ', ${localpart("u.name")}, u.password_hash) AS line FROM ${people}
      AND u.password_hash IS NOT NULL`,
    mas: "SELECT concat_ws(' ', u.username, p.hashed_password) AS line FROM user_passwords p JOIN users u USING (user_id)",
  },
  {
    name: "e-mails",
    synapse: `SELECT concat_ws(' ', ${localpart("t.user_id")}, t.address) AS line FROM ${owned("user_threepids")}
      AND t.medium = 'email'`,
    mas: "SELECT concat_ws(' ', u.username, e.email) AS line FROM user_emails e JOIN users u USING (user_id)",
  },
  {
    name: "other third-party ids",
    synapse: `SELECT concat_ws(' ', ${localpart("t.user_id")}, t.medium, t.address) AS line
      FROM ${owned("user_threepids")} AND t.medium <> 'email'`,
    mas: `SELECT concat_ws(' ', u.username, t.medium, t.address) AS line
      FROM user_unsupported_third_party_ids t JOIN users u USING (user_id)`,
  },
  {
    name: "upstream links",
    synapse: `SELECT concat_ws(' ', ${localpart("t.user_id")}, t.external_id) AS line FROM ${owned("user_external_ids")}`,
    mas: `SELECT concat_ws(' ', u.username, l.subject) AS line
      FROM upstream_oauth_links l JOIN users u USING (user_id)`,
  },
  {
    name: "sessions",
    synapse: `${devices} UNION ALL SELECT concat_ws(' ', ${localpart("a.user_id")}, '-') AS line
      FROM ${lastingTokens} AND a.device_id IS NULL`,
    mas: `SELECT concat_ws(' ', u.username, coalesce(s.device_id, '-')) AS line
      FROM compat_sessions s JOIN users u USING (user_id)`,
  },
  {
    name: "access tokens",
    synapse: `SELECT ${tokenLine("a", "a.token")} FROM ${lastingTokens}
      UNION ALL SELECT ${tokenLine("r", "a.token")} FROM ${tokenPairs}`,
    mas: `SELECT concat_ws(' ', u.username, coalesce(s.device_id, '-'), t.access_token) AS line
      FROM compat_access_tokens t JOIN compat_sessions s USING (compat_session_id) JOIN users u USING (user_id)`,
  },
  {
    name: "refresh tokens",
    synapse: `SELECT ${tokenLine("r", "r.token")} FROM ${tokenPairs}`,
    mas: `SELECT concat_ws(' ', u.username, coalesce(s.device_id, '-'), t.refresh_token) AS line
      FROM compat_refresh_tokens t JOIN compat_sessions s USING (compat_session_id) JOIN users u USING (user_id)`,
  },
]

/** One kind on one side: how many, and a digest of which. */
export interface Holding {
  readonly count: number
  readonly digest: string
}

export type Side = "synapse" | "mas"

/** One query for all kinds of a side: columns `kind`, `count` and `digest`. No line leaves the database. */
export function holdingsQuery(side: Side): string {
  const parts = holdingKinds.map(
    (kind) => `SELECT '${kind.name}' AS kind, count(*)::int AS count,
      coalesce(md5(string_agg(md5(line), '' ORDER BY line COLLATE "C")), '') AS digest FROM (${kind[side]}) AS lines`,
  )
  return parts.join("\nUNION ALL\n")
}

/** A query for the accounts whose lines one side has of a kind: column `account`, hashes in place of lines. */
export function linesQuery(kind: HoldingKind, side: Side): string {
  return `SELECT split_part(line, ' ', 1) AS account, md5(line) AS line FROM (${kind[side]}) AS lines`
}

export type Holdings = Readonly<Record<string, Holding>>

/** The kinds in which the two differ. */
export function differingKinds(synapse: Holdings, mas: Holdings): readonly HoldingKind[] {
  return holdingKinds.filter(({ name }) => {
    const [left, right] = [synapse[name], mas[name]]
    return left === undefined || right === undefined || left.count !== right.count || left.digest !== right.digest
  })
}

/** Accounts for which the lines of one kind are not the same on both sides, sorted. */
export function differingAccounts(synapse: readonly AccountLine[], mas: readonly AccountLine[]): readonly string[] {
  const missing = (from: readonly AccountLine[], other: readonly AccountLine[]) => {
    const known = new Set(other.map(({ line }) => line))
    return from.filter(({ line }) => !known.has(line)).map(({ account }) => account)
  }
  return [...new Set([...missing(synapse, mas), ...missing(mas, synapse)])].sort()
}

export interface AccountLine {
  readonly account: string
  readonly line: string
}
