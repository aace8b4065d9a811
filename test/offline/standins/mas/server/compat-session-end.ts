import { z } from "zod"
import { uuidToUlid } from "../ulid.ts"
import { bearer, matrixBody } from "./bodies.ts"
import { type Call, json, matrixError, type Reply } from "./call.ts"
import {
  addAccessToken,
  addRefreshToken,
  type CompatSession,
  findByAccessToken,
  findByRefreshToken,
  finishCompatSession,
  isUsable,
} from "./compat-sessions.ts"

import { scheduleJob } from "./jobs.ts"
import type { Route } from "./router.ts"
import type { Service } from "./service.ts"
import { tokenKind } from "./tokens.ts"
import { inTransaction, requesterOf } from "./transactions.ts"
import { isValid } from "./users.ts"

/** `POST /_matrix/client/{version}/logout`, `/logout/all` and `/refresh`. */
export const compatSessionRoutes: readonly Route[] = [
  { method: "POST", path: "/_matrix/client/:version/logout", cors: true, answer: logOut },
  { method: "POST", path: "/_matrix/client/:version/logout/all", cors: true, answer: logOutAll },
  { method: "POST", path: "/_matrix/client/:version/refresh", cors: true, answer: refresh },
]

/** The session ends at once; the homeserver learns of it when the worker comes to it. */
async function logOut(call: Call, { database }: Service): Promise<Reply> {
  const session = await sessionOf(call, database)
  call.requester = requesterOf(session.user)
  await inTransaction(database, async (rows) => {
    await finishCompatSession(rows, session.sessionId)
    await scheduleJob(rows, { kind: "sync-devices", userId: session.user.id })
  })
  return json(200, {})
}

const everySession = z.looseObject({ "io.element.only_compat_is_fine": z.boolean().default(false) })

/** Refused unless the client says that ending the compat sessions alone is what it wants. */
async function logOutAll(call: Call, { database }: Service): Promise<Reply> {
  const asked = hasBody(call) ? matrixBody(call, everySession) : everySession.parse({})
  const session = await sessionOf(call, database)
  if (!isValid(session.user)) throw unknownAccessToken()
  call.requester = requesterOf(session.user)
  if (!asked["io.element.only_compat_is_fine"]) {
    throw matrixError(404, "M_UNRECOGNIZED", "The /logout/all endpoint is not supported by this deployment")
  }
  await inTransaction(database, async (rows) => {
    await rows.query("update compat_sessions set finished_at = now() where user_id = $1 and finished_at is null", [
      session.user.id,
    ])
    await scheduleJob(rows, { kind: "sync-devices", userId: session.user.id })
  })
  return json(200, {})
}

async function refresh(call: Call, { database, settings }: Service): Promise<Reply> {
  const { refresh_token: token } = matrixBody(call, z.looseObject({ refresh_token: z.string() }))
  const session = tokenKind(token) === "compat-refresh" ? await findByRefreshToken(database, token) : undefined
  if (!session || !isUsable(session)) throw matrixError(401, "M_UNKNOWN_TOKEN", "Invalid refresh token")
  call.requester = `user:${uuidToUlid(session.user.id)}`
  const issued = await inTransaction(database, async (rows) => {
    const access = await addAccessToken(rows, session.sessionId, settings.compatTokenTtlSeconds)
    const next = await addRefreshToken(rows, session.sessionId, access.id)
    await rows.query(
      `update compat_refresh_tokens set consumed_at = now()
       where compat_session_id = $1 and consumed_at is null and compat_refresh_token_id <> $2`,
      [session.sessionId, next.id],
    )
    await rows.query(
      `update compat_access_tokens set expires_at = now()
       where compat_access_token_id = $1 and (expires_at is null or expires_at > now())`,
      [session.accessTokenId],
    )
    return { access_token: access.token, refresh_token: next.token }
  })
  return json(200, { ...issued, expires_in_ms: settings.compatTokenTtlSeconds * 1000 })
}

async function sessionOf(call: Call, database: Service["database"]): Promise<CompatSession> {
  const token = bearer(call)
  if (token === undefined) throw matrixError(401, "M_MISSING_TOKEN", "Missing access token")
  const session = tokenKind(token) === "compat-access" ? await findByAccessToken(database, token) : undefined
  if (!session || !isUsable(session)) throw unknownAccessToken()
  return session
}

function unknownAccessToken() {
  return matrixError(401, "M_UNKNOWN_TOKEN", "Invalid access token")
}

function hasBody(call: Call): boolean {
  return call.headers["content-type"] !== undefined || call.body !== ""
}
