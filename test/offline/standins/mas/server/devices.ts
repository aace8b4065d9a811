import type { ClientBase } from "pg"
import type { Rows } from "./users.ts"

const stablePrefix = "urn:matrix:client:device:"
const unstablePrefix = "urn:matrix:org.matrix.msc2967.client:device:"

/** The device that a scope names, if it is such a scope (MSC2967, both forms). */
export function deviceOfScope(scope: string): string | undefined {
  const prefix = [stablePrefix, unstablePrefix].find((start) => scope.startsWith(start))
  return prefix === undefined ? undefined : scope.slice(prefix.length)
}

/** Both forms of a device's scope; `undefined` for an id that no scope can hold (RFC 6749, appendix A.4). */
export function scopesOfDevice(deviceId: string): readonly string[] | undefined {
  if (!/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(deviceId)) return undefined
  return [`${stablePrefix}${deviceId}`, `${unstablePrefix}${deviceId}`]
}

/** Every device an open session of the user stands for: what the homeserver is told by `sync_devices`. */
export async function devicesOf(rows: Rows, userId: string): Promise<string[]> {
  const compat = await rows.query<{ device: string }>(
    `select device_id as device from compat_sessions
     where user_id = $1 and finished_at is null and device_id is not null order by compat_session_id`,
    [userId],
  )
  const oauth = await rows.query<{ scope: string }>(
    `select unnest(scope_list) as scope from oauth2_sessions where user_id = $1 and finished_at is null
     union all
     select unnest(scope_list) from personal_sessions where actor_user_id = $1 and revoked_at is null`,
    [userId],
  )
  const named = oauth.rows.map(({ scope }) => deviceOfScope(scope)).filter((device) => device !== undefined)
  return [...new Set([...compat.rows.map(({ device }) => device), ...named])]
}

/** A new session takes the device over from the sessions that had it. */
export async function finishSessionsOfDevice(rows: ClientBase, userId: string, deviceId: string): Promise<void> {
  await rows.query(
    "update compat_sessions set finished_at = now() where user_id = $1 and device_id = $2 and finished_at is null",
    [userId, deviceId],
  )
  await rows.query(
    `update oauth2_sessions set finished_at = now()
     where user_id = $1 and finished_at is null and scope_list && $2::text[]`,
    [userId, [`${stablePrefix}${deviceId}`, `${unstablePrefix}${deviceId}`]],
  )
}
