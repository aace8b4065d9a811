import type { ClientBase } from "pg"
import { z } from "zod"
import { log } from "../logs.ts"
import { matrixBody } from "./bodies.ts"
import { type Call, json, matrixError, type Reply } from "./call.ts"
import { addAccessToken, addRefreshToken, finishCompatSession, openCompatSession } from "./compat-sessions.ts"
import { finishSessionsOfDevice } from "./devices.ts"
import { scheduleJob } from "./jobs.ts"
import { checkPassword } from "./password-check.ts"
import type { Route } from "./router.ts"
import type { Service } from "./service.ts"
import { randomText } from "./tokens.ts"
import { inTransaction, requesterOf } from "./transactions.ts"
import { findUser, lockDevicesOf, type User } from "./users.ts"

/** `GET|POST /_matrix/client/{version}/login`: log-in as homeservers of old had it, by MAS. */
export const compatLoginRoutes: readonly Route[] = [
  { method: "GET", path: "/_matrix/client/:version/login", cors: true, answer: flows },
  { method: "POST", path: "/_matrix/client/:version/login", cors: true, answer: logIn },
]

const anyCredentials = z.looseObject({ type: z.string() })

const tokenCredentials = z.looseObject({ token: z.string() })

const passwordCredentials = z.object({
  identifier: z
    .object({ type: z.string(), user: z.string().optional() })
    .refine(({ type, user }) => type !== "m.id.user" || user !== undefined)
    .nullish(),
  user: z.string().nullish(),
  password: z.string(),
  refresh_token: z.boolean().default(false),
  device_id: z.string().nullish(),
  initial_device_display_name: z.string().nullish(),
})

type PasswordCredentials = z.infer<typeof passwordCredentials>

function flows(_call: Call, { settings }: Service): Reply {
  const password = settings.passwordsEnabled ? [{ type: "m.login.password" }] : []
  const sso = {
    type: "m.login.sso",
    oauth_aware_preferred: true,
    "org.matrix.msc3824.delegated_oidc_compatibility": true,
  }
  return json(200, { flows: [...password, sso, { type: "m.login.token" }] })
}

async function logIn(call: Call, service: Service): Promise<Reply> {
  const { type } = matrixBody(call, anyCredentials)
  if (type === "m.login.token") refuseLoginToken(call)
  const asked = type === "m.login.password" ? matrixBody(call, passwordCredentials) : undefined
  if (!asked || !service.settings.passwordsEnabled) throw matrixError(400, "M_UNKNOWN", "Invalid login type")
  const opened = await passwordLogIn(call, service, asked)
  call.requester = requesterOf(opened.user)
  await makeDevice(service, opened)
  const { user, deviceId, accessToken, refreshToken } = opened
  const expiry = refreshToken
    ? { refresh_token: refreshToken, expires_in_ms: service.settings.compatTokenTtlSeconds * 1000 }
    : {}
  return json(200, {
    access_token: accessToken,
    device_id: deviceId,
    user_id: service.homeserver.mxid(user.username),
    ...expiry,
  })
}

/** The pages that give out login tokens (`/complete-compat-sso/…`) are not there yet, so nobody has one. */
function refuseLoginToken(call: Call): never {
  matrixBody(call, tokenCredentials)
  throw matrixError(403, "M_FORBIDDEN", "Invalid login token")
}

interface OpenedSession {
  readonly user: User
  readonly sessionId: string
  readonly deviceId: string
  readonly displayName: string | undefined
  readonly accessToken: string
  readonly refreshToken: string | undefined
}

async function passwordLogIn(call: Call, service: Service, asked: PasswordCredentials): Promise<OpenedSession> {
  const username = service.homeserver.localpart(userNamed(asked))
  const user = await findUser(service.database, username)
  if (!user || user.deactivated) throw invalidPassword()
  if (user.locked) throw matrixError(401, "M_USER_LOCKED", "User account has been locked")
  if (!service.limiter.takes(call.clientAddress, user.id)) {
    throw matrixError(429, "M_LIMIT_EXCEEDED", "Too many login attempts")
  }
  return inTransaction(service.database, async (rows) => {
    if (!(await checkPassword(rows, service.settings.passwordSchemes, { userId: user.id, password: asked.password })))
      throw invalidPassword()
    return openSession(rows, service, { call, user, asked })
  })
}

/** The old `user` counts before `identifier`, as with Synapse. */
function userNamed({ identifier, user }: PasswordCredentials): string {
  if (typeof user === "string") return user
  if (!identifier) throw matrixError(400, "M_BAD_JSON", "Missing property 'identifier")
  if (identifier.user === undefined || identifier.type !== "m.id.user") {
    throw matrixError(400, "M_UNKNOWN", "Unsupported login identifier")
  }
  return identifier.user
}

/** Wrong, unknown, without password, deactivated: nobody can tell which. */
function invalidPassword() {
  return matrixError(403, "M_FORBIDDEN", "Invalid username/password")
}

interface LogIn {
  readonly call: Call
  readonly user: User
  readonly asked: PasswordCredentials
}

async function openSession(rows: ClientBase, service: Service, { call, user, asked }: LogIn): Promise<OpenedSession> {
  const deviceId = asked.device_id ?? randomText(10)
  const displayName = asked.initial_device_display_name ?? undefined
  await lockDevicesOf(rows, user.id)
  await finishSessionsOfDevice(rows, user.id, deviceId)
  const userAgent = call.headers["user-agent"]
  const sessionId = await openCompatSession(rows, { userId: user.id, deviceId, displayName, userAgent })
  const ttlSeconds = asked.refresh_token ? service.settings.compatTokenTtlSeconds : undefined
  const access = await addAccessToken(rows, sessionId, ttlSeconds)
  const refreshToken = asked.refresh_token ? await addRefreshToken(rows, sessionId, access.id) : undefined
  return { user, sessionId, deviceId, displayName, accessToken: access.token, refreshToken: refreshToken?.token }
}

/** The token works at once only if the homeserver knows the device by the time we answer; if it cannot, the log-in ends. */
async function makeDevice({ database, homeserver }: Service, opened: OpenedSession): Promise<void> {
  const { user, sessionId, deviceId, displayName } = opened
  try {
    await homeserver.upsertDevice(user.username, deviceId, displayName)
  } catch (cause) {
    log("ERROR", "mas_handlers::compat::login", `failed to provision device: ${String(cause)}`)
    await inTransaction(database, async (rows) => {
      await finishCompatSession(rows, sessionId)
      await scheduleJob(rows, { kind: "sync-devices", userId: user.id })
    })
    throw matrixError(500, "M_UNKNOWN", "Internal server error")
  }
}
