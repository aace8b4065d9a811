import type { Client } from "pg"
import type { Cursor } from "../config/cursor.ts"
import { matrixConfig } from "../config.ts"
import { log } from "../logs.ts"
import { scheduleJob } from "../server/jobs.ts"
import { newToken, randomText } from "../server/tokens.ts"
import { newUuid, uuidToUlid } from "../ulid.ts"
import { upsertDevice } from "./homeserver.ts"
import { inDatabase, manageTarget, named, requireUser } from "./person.ts"

/** The three kinds of sessions; for OAuth ones MAS 1.22 says "compatibility" when there are none (seen). */
const kinds = [
  { table: "compat_sessions", line: 569, one: "compatibility session", none: "compatibility sessions" },
  { table: "oauth2_sessions", line: 582, one: "OAuth 2.0 session", none: "compatibility sessions" },
  { table: "user_sessions", line: 595, one: "browser session", none: "browser sessions" },
] as const

export async function killSessions(root: Cursor, username: string, dryRun: boolean): Promise<boolean> {
  await inDatabase(root, async (client) => {
    const user = await requireUser(client, username)
    for (const kind of kinds) {
      const ended = await endSessions(client, kind.table, user.id)
      const line = kind.line + Math.min(ended, 2)
      if (ended === 0) log("INFO", `${manageTarget}:${line}`, `No active ${kind.none} to end`)
      else log("INFO", `${manageTarget}:${line}`, `Ended ${ended} active ${kind.one}${ended === 1 ? "" : "s"}`)
    }
    log("WARN", `${manageTarget}:601`, "Scheduling job to sync devices for the user")
    await scheduleJob(client, { kind: "sync-devices", userId: user.id })
    if (dryRun) log("INFO", `${manageTarget}:608`, "Dry run, not saving")
    return !dryRun
  })
  return true
}

async function endSessions(client: Client, table: string, userId: string): Promise<number> {
  const statement = `update ${table} set finished_at = now() where user_id = $1 and finished_at is null`
  return (await client.query(statement, [userId])).rowCount ?? 0
}

export interface IssueOptions {
  readonly username: string
  readonly deviceId: string | undefined
  readonly asSynapseAdmin: boolean
}

/** The token is in the log, on stderr. The homeserver has to make the device first. */
export async function issueCompatibilityToken(root: Cursor, options: IssueOptions): Promise<boolean> {
  const matrix = matrixConfig(root)
  let isIssued = false
  await inDatabase(root, async (client) => {
    const user = await requireUser(client, options.username)
    const deviceId = options.deviceId ?? randomText(10)
    isIssued = await upsertDevice(matrix, { localpart: user.username, deviceId })
    if (!isIssued) {
      await scheduleJob(client, { kind: "sync-devices", userId: user.id })
      return true
    }
    const session = await addSession(client, { ...options, userId: user.id, deviceId })
    const fields = {
      "compat_access_token.id": uuidToUlid(session.tokenId),
      "compat_session.id": uuidToUlid(session.id),
      "compat_session.device": deviceId,
      ...named(user),
    }
    log("INFO", `${manageTarget}:467`, `Compatibility token issued: ${session.token}`, fields)
    return true
  })
  return isIssued
}

interface NewSession {
  readonly userId: string
  readonly deviceId: string
  readonly asSynapseAdmin: boolean
}

async function addSession(client: Client, { userId, deviceId, asSynapseAdmin }: NewSession) {
  const session = { id: newUuid(), tokenId: newUuid(), token: newToken("compat-access") }
  await client.query(
    `insert into compat_sessions (compat_session_id, user_id, device_id, created_at, is_synapse_admin)
     values ($1, $2, $3, now(), $4)`,
    [session.id, userId, deviceId, asSynapseAdmin],
  )
  await client.query(
    `insert into compat_access_tokens (compat_access_token_id, compat_session_id, access_token, created_at)
     values ($1, $2, $3, now())`,
    [session.tokenId, session.id, session.token],
  )
  return session
}
