import { isReadDevice, isReadToken, type RowKind, readPairs, stays } from "./row-kinds.ts"

const halfWay = "syn2mas check passes over it, and syn2mas migrate fails half-way"
const removeRows = (table: string) => `Look at these rows, then delete them from Synapse's ${table}.`
const isNobodys = (table: string) => `NOT EXISTS (SELECT FROM users u WHERE u.name = ${table}.user_id)`

/** Rows that nobody owns, as far as syn2mas reads them, by table. */
const orphans: Readonly<Record<string, string>> = {
  devices: `devices d WHERE ${isReadDevice} AND ${isNobodys("d")}`,
  access_tokens: `access_tokens t WHERE ${isReadToken} AND ${isNobodys("t")}`,
  refresh_tokens: `${readPairs} AND ${isNobodys("t")}`,
  user_threepids: `user_threepids t WHERE ${isNobodys("t")}`,
  user_external_ids: `user_external_ids t WHERE ${isNobodys("t")}`,
}

const orphanKinds = Object.entries(orphans).map(
  ([table, rows]): RowKind => ({
    name: `orphaned-${table.replace(/^user_/, "").replaceAll("_", "-")}`,
    severity: "error",
    meaning: `rows in ${table} of users that do not exist: ${halfWay}`,
    next: removeRows(table),
    sql: `SELECT DISTINCT ${table === "devices" ? "d" : "t"}.user_id AS which FROM ${rows}`,
  }),
)

/** What the first character says of a macaroon, Synapse's tokens of before 2021: base64 of `….location `. */
const macaroon = "^[A-Za-z0-9_-]{5}[GWm2]xvY2F0aW9uI[A-P]"

/**
 * About devices and tokens. That syn2mas fails at orphans, and leaves tokens without device out without a word: seen
 * with MAS 1.22.0. Which rows it reads: its `synapse_reader` at v1.22.0.
 */
export const sessionKinds: readonly RowKind[] = [
  ...orphanKinds,
  {
    name: "tokens-of-hidden-devices",
    severity: "error",
    meaning: "tokens on devices that syn2mas leaves out (hidden ones hold cross-signing keys): syn2mas migrate fails",
    next: removeRows("access_tokens and refresh_tokens"),
    sql: `SELECT DISTINCT found.user_id AS which FROM (
        SELECT t.user_id, t.device_id FROM access_tokens t WHERE ${isReadToken} AND t.device_id IS NOT NULL
        UNION SELECT t.user_id, t.device_id FROM ${readPairs}) found
      JOIN users u ON u.name = found.user_id
      JOIN devices d ON d.user_id = found.user_id AND d.device_id = found.device_id
      WHERE (${isReadDevice}) IS NOT TRUE AND ${stays}`,
  },
  {
    name: "refresh-tokens-twice",
    severity: "error",
    meaning: "refresh tokens that several access tokens share: in MAS each stands once, and syn2mas migrate fails",
    next: "Keep the newest access token of each (the highest id), and delete the others from Synapse's access_tokens.",
    sql: `SELECT t.user_id AS which FROM ${readPairs} AND EXISTS (SELECT FROM users u WHERE u.name = t.user_id AND ${stays})
      GROUP BY t.id, t.user_id HAVING count(*) > 1`,
  },
  {
    name: "tokens-without-device",
    severity: "warning",
    meaning: "tokens whose device is gone: they are left out, and whoever uses them is logged out",
    next: "Nothing, if nobody uses them.",
    sql: `SELECT t.user_id AS which FROM access_tokens t JOIN users u ON u.name = t.user_id
      WHERE ${stays} AND t.puppets_user_id IS NULL AND t.device_id IS NOT NULL AND NOT EXISTS
      (SELECT FROM devices d WHERE d.user_id = t.user_id AND d.device_id = t.device_id)`,
  },
  {
    name: "tokens-of-odd-shape",
    severity: "warning",
    meaning:
      "tokens that are none of Synapse's own making: taken over, but MAS knows no such token, and whoever uses them is logged out",
    next: "Give their users new ones, if there are any.",
    sql: `SELECT found.user_id AS which FROM (
        SELECT t.user_id FROM access_tokens t WHERE ${isReadToken} AND t.token !~ '^syt_|${macaroon}'
        UNION ALL SELECT t.user_id FROM ${readPairs}
          AND (t.token !~ '^syr_' OR a.token !~ '^syt_|${macaroon}')) found
      JOIN users u ON u.name = found.user_id WHERE ${stays}`,
  },
  {
    name: "puppet-tokens",
    severity: "warning",
    meaning: "tokens by which an administrator acts as somebody else: they are left out, and end to work",
    next: "Nothing, if no program uses them.",
    sql: `SELECT t.user_id || ' as ' || t.puppets_user_id AS which FROM access_tokens t
      JOIN users u ON u.name = t.user_id WHERE t.puppets_user_id IS NOT NULL AND ${stays}`,
  },
  {
    name: "dehydrated-devices",
    severity: "warning",
    meaning:
      "dehydrated devices (MSC3814): a Synapse before 1.156 deletes them, with the keys in them, when MAS tells it of a user's devices",
    next: "Go to Synapse 1.156 or later first.",
    sql: "SELECT user_id AS which FROM dehydrated_devices",
    applies: ({ losesDehydratedDevices }) => losesDehydratedDevices,
  },
  {
    name: "sessions-of-closed-accounts",
    severity: "note",
    meaning: "deactivated accounts and guests that still have devices: these are left out",
    next: "Nothing.",
    sql: `SELECT u.name AS which FROM users u WHERE u.appservice_id IS NULL AND (u.deactivated <> 0 OR u.is_guest <> 0)
      AND EXISTS (SELECT FROM devices d WHERE d.user_id = u.name AND ${isReadDevice})`,
  },
  {
    name: "rows-of-nobody",
    severity: "note",
    meaning:
      "tokens and hidden devices of users that do not exist, which syn2mas does not read: they stay where they are",
    next: "Nothing.",
    sql: `SELECT found.user_id AS which FROM (
        SELECT user_id FROM devices UNION SELECT user_id FROM access_tokens UNION SELECT user_id FROM refresh_tokens) found
      WHERE ${isNobodys("found")}
        AND NOT EXISTS (SELECT FROM devices d WHERE d.user_id = found.user_id AND ${isReadDevice})
        AND NOT EXISTS (SELECT FROM access_tokens t WHERE t.user_id = found.user_id AND ${isReadToken})
        AND NOT EXISTS (SELECT FROM ${readPairs} AND t.user_id = found.user_id)`,
  },
]
