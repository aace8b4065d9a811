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

const identifier = z.union([
  z.looseObject({ type: z.literal("m.id.user"), user: z.string() }),
  z.looseObject({ type: z.string().refine((type) => type !== "m.id.user") }),
])

const common = {
  refresh_token: z.boolean().default(false),
  device_id: z.string().nullish(),
  initial_device_display_name: z.string().nullish(),
}

const credentials = z.union([
  z.looseObject({
    ...common,
    type: z.literal("m.login.password"),
    identifier: identifier.nullish(),
    user: z.string().nullish(),
    password: z.string(),
  }),
  z.looseObject({ ...common, type: z.literal("m.login.token"), token: z.string() }),
  z.looseObject({ ...common, type: z.string().refine((type) => !/^m\.login\.(password|token)$/.test(type)) }),
])

type Credentials = z.infer<typeof credentials>
type PasswordCredentials = Extract<Credentials, { password: string }>

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
  const asked = matrixBody(call, credentials)
  if (asked.type === "m.login.token") throw matrixError(403, "M_FORBIDDEN", "Invalid login token")
  if (asked.type !== "m.login.password" || !service.settings.passwordsEnabled) {
    throw matrixError(400, "M_UNKNOWN", "Invalid login type")
  }
  const opened = await passwordLogIn(call, service, asked as PasswordCredentials)
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
function userNamed({ identifier: named, user }: PasswordCredentials): string {
  if (typeof user === "string") return user
  if (!named) throw matrixError(400, "M_BAD_JSON", "Missing property 'identifier")
  if (named.type !== "m.id.user") throw matrixError(400, "M_UNKNOWN", "Unsupported login identifier")
  return String(named.user)
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
