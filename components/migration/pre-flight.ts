import type { Database } from "../host/database.ts"

/** Something about Synapse's data that a migration would stumble over, or that its people should know of first. */
export interface PreFlightKind {
  /** By which config acknowledges it; where syn2mas warns of the same, it is the same name. */
  readonly name: string
  /** `error`: the migration would fail half-way, or break somebody's log-in. `warning`: it counts once acknowledged. */
  readonly severity: "error" | "warning"
  readonly meaning: string
  readonly next: string
  /** Selects one text column `which` from Synapse's database; `$1` is the server name. */
  readonly sql: string
}

const localpart = "split_part(substr(u.name, 2), ':', 1)"
const orphans = (table: string) =>
  `SELECT DISTINCT t.user_id AS which FROM ${table} t WHERE NOT EXISTS (SELECT FROM users u WHERE u.name = t.user_id)`
const stays = "u.appservice_id IS NULL AND u.deactivated = 0 AND u.is_guest = 0"

const halfWay = "syn2mas check passes over it, and syn2mas migrate fails half-way"
const removeRows = (table: string) => `Look at these rows, then delete them from Synapse's ${table}.`

/**
 * All that is looked for. That syn2mas fails at orphans and foreign names, takes odd names as they are, and leaves tokens
 * without device out without a word: seen with MAS 1.22.0. What MAS does with a name afterwards is its own matter.
 */
export const preFlightKinds: readonly PreFlightKind[] = [
  {
    name: "foreign-accounts",
    severity: "error",
    meaning: `accounts of another server name: ${halfWay}`,
    next: "See where they come from; they cannot be taken over.",
    sql: "SELECT u.name AS which FROM users u WHERE u.name NOT LIKE '%:' || $1",
  },
  ...["devices", "access_tokens", "refresh_tokens", "user_threepids", "user_external_ids"].map(
    (table): PreFlightKind => ({
      name: `orphaned-${table.replace(/^user_/, "").replaceAll("_", "-")}`,
      severity: "error",
      meaning: `rows in ${table} of users that do not exist: ${halfWay}`,
      next: removeRows(table),
      sql: orphans(table),
    }),
  ),
  {
    name: "tokens-of-hidden-devices",
    severity: "error",
    meaning: "tokens on hidden devices, which hold cross-signing keys: the migration cannot rebuild its foreign keys",
    next: removeRows("access_tokens"),
    sql: `SELECT DISTINCT a.user_id AS which FROM access_tokens a
      JOIN devices d ON d.user_id = a.user_id AND d.device_id = a.device_id
      JOIN users u ON u.name = a.user_id WHERE d.hidden AND ${stays}`,
  },
  {
    name: "earlier-delegation",
    severity: "error",
    meaning: "accounts that an earlier MAS was mapped to (auth_provider oauth-delegated): syn2mas refuses them",
    next: "DELETE FROM user_external_ids WHERE auth_provider = 'oauth-delegated', in Synapse's database.",
    sql: "SELECT user_id AS which FROM user_external_ids WHERE auth_provider = 'oauth-delegated'",
  },
  {
    name: "names-equal-but-for-case",
    severity: "error",
    meaning: "accounts whose names differ in upper and lower case only: MAS cannot tell them apart at log-in",
    next: "Deactivate or rename all but one of each.",
    sql: `SELECT u.name AS which FROM users u WHERE u.appservice_id IS NULL AND EXISTS
      (SELECT FROM users o WHERE o.name <> u.name AND lower(o.name) = lower(u.name) AND o.appservice_id IS NULL)`,
  },
  {
    name: "odd-names",
    severity: "warning",
    meaning:
      "names with upper case or characters that Matrix no longer allows: whether MAS lets them log in is not sure",
    next: "Try one of them on staging first.",
    sql: `SELECT u.name AS which FROM users u WHERE u.appservice_id IS NULL AND u.is_guest = 0
      AND (${localpart} !~ '^[a-z0-9._=/+-]+$' OR octet_length(u.name) > 255)`,
  },
  {
    name: "tokens-without-device",
    severity: "warning",
    meaning: "tokens whose device is gone: they are left out, and whoever uses them is logged out",
    next: "Nothing, if nobody uses them.",
    sql: `SELECT a.user_id AS which FROM access_tokens a JOIN users u ON u.name = a.user_id
      WHERE ${stays} AND a.puppets_user_id IS NULL AND a.device_id IS NOT NULL AND NOT EXISTS
      (SELECT FROM devices d WHERE d.user_id = a.user_id AND d.device_id = a.device_id)`,
  },
  {
    name: "nobody-can-log-in",
    severity: "warning",
    meaning: "accounts with neither password nor external id: nobody can log in to them with MAS",
    next: "Give them a password first, if somebody should.",
    sql: `SELECT u.name AS which FROM users u WHERE ${stays} AND coalesce(u.password_hash, '') = ''
      AND NOT EXISTS (SELECT FROM user_external_ids e WHERE e.user_id = u.name)`,
  },
  {
    name: "not-approved",
    severity: "warning",
    meaning: "accounts that wait for approval: MAS knows no approval and lets them in",
    next: "Approve or deactivate them first.",
    sql: "SELECT u.name AS which FROM users u WHERE u.approved = false AND u.appservice_id IS NULL AND u.deactivated = 0",
  },
  {
    name: "guests",
    severity: "warning",
    meaning: "guests: taken over as accounts, without their sessions",
    next: "Nothing, if they may stay behind.",
    sql: "SELECT u.name AS which FROM users u WHERE u.is_guest <> 0",
  },
  {
    name: "phone-numbers",
    severity: "warning",
    meaning: "phone numbers and the like: kept, and not supported by MAS",
    next: "Nothing, if nobody needs them.",
    sql: `SELECT t.user_id AS which FROM user_threepids t JOIN users u ON u.name = t.user_id
      WHERE t.medium <> 'email' AND u.appservice_id IS NULL`,
  },
]

/** What was found of one kind. */
export interface Finding {
  readonly kind: PreFlightKind
  readonly count: number
  /** The first ten, sorted. */
  readonly first: readonly string[]
}

/** Looks for all kinds. Reads only. */
export async function findTrouble(synapse: Database, serverName: string): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const kind of preFlightKinds) {
    const parameters = kind.sql.includes("$1") ? [serverName] : []
    const { count, first } = await synapse.row<{ count: number; first: string[] | null }>(
      `SELECT count(*)::int AS count, (array_agg(which ORDER BY which COLLATE "C"))[1:10] AS first FROM (${kind.sql}) AS found`,
      parameters,
    )
    if (count > 0) findings.push({ kind, count, first: first ?? [] })
  }
  return findings
}

/** Those that stop a cutover: errors, and warnings that config has not acknowledged with their very count. */
export function blocking(
  findings: readonly Finding[],
  acknowledged: Readonly<Record<string, number>>,
): readonly Finding[] {
  return findings.filter(({ kind, count }) => kind.severity === "error" || acknowledged[kind.name] !== count)
}

/** A finding as people read it. */
export function describeFinding({ kind, count, first }: Finding): string {
  const rest = count > first.length ? ` and ${count - first.length} more` : ""
  return `${kind.name} (${count}): ${kind.meaning}. Which: ${first.join(", ")}${rest}. ${kind.next}`
}
