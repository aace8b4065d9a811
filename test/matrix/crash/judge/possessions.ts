import type { CrashLab } from "../lab/crash-lab.ts"
import { openDatabaseOf } from "../lab/open-databases.ts"

/** What people have on the server and must never lose, by kind: digests of lines. */
export type Possessions = Readonly<Record<string, ReadonlySet<string>>>

/** One text column `line` each, from Synapse's database. */
const kinds: Readonly<Record<string, string>> = {
  accounts: "SELECT concat_ws(' ', name, password_hash, deactivated, is_guest, admin, locked) AS line FROM users",
  tokens: "SELECT concat_ws(' ', user_id, device_id, token) AS line FROM access_tokens",
  "refresh tokens": "SELECT concat_ws(' ', user_id, device_id, token) AS line FROM refresh_tokens",
  devices: "SELECT concat_ws(' ', user_id, device_id) AS line FROM devices",
  "e-mails": "SELECT concat_ws(' ', user_id, medium, address) AS line FROM user_threepids",
  "external ids": "SELECT concat_ws(' ', user_id, auth_provider, external_id) AS line FROM user_external_ids",
  "device keys": "SELECT concat_ws(' ', user_id, device_id, key_json) AS line FROM e2e_device_keys_json",
  "one-time keys": "SELECT concat_ws(' ', user_id, device_id, key_id, key_json) AS line FROM e2e_one_time_keys_json",
  "backed-up keys":
    "SELECT concat_ws(' ', user_id, room_id, session_id, version, session_data) AS line FROM e2e_room_keys",
  events: "SELECT event_id AS line FROM events",
}

export async function possessionsOf(lab: CrashLab): Promise<Possessions> {
  await using synapse = await openDatabaseOf(lab, "synapse")
  const found: Record<string, Set<string>> = {}
  for (const [kind, sql] of Object.entries(kinds)) {
    const rows = await synapse.rows<{ digest: string }>(`SELECT md5(line) AS digest FROM (${sql}) AS lines`)
    found[kind] = new Set(rows.map(({ digest }) => digest))
  }
  return found
}

/** How many of each kind are gone; kinds of which nothing is gone are left out. */
export function lostSince(before: Possessions, now: Possessions): Readonly<Record<string, number>> {
  const counts = Object.entries(before).map(([kind, lines]) => {
    const left = now[kind] ?? new Set()
    return [kind, [...lines].filter((line) => !left.has(line)).length] as const
  })
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}
