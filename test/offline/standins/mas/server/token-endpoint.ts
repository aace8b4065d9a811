import { uuidToUlid } from "../ulid.ts"
import { formFields } from "./bodies.ts"
import { type Call, json, oauthError, type Reply } from "./call.ts"
import { authenticate, type Client, clientRequester, presented } from "./client-authentication.ts"
import {
  addOAuthAccessToken,
  addTokenPair,
  findOAuthToken,
  type OAuthToken,
  openClientSession,
  replacePair,
  withdrawUnusedNext,
} from "./oauth-sessions.ts"
import type { Route } from "./router.ts"
import type { Service } from "./service.ts"
import { inTransaction } from "./transactions.ts"

/** `POST /oauth2/token` (RFC 6749, section 3.2). */
export const tokenRoutes: readonly Route[] = [{ method: "POST", path: "/oauth2/token", cors: true, answer: issue }]

interface Request {
  readonly call: Call
  readonly client: Client
  readonly form: URLSearchParams
}

type Grant = (service: Service, request: Request) => Promise<object>

/**
 * Codes are issued by the log-in pages and the device pages, which this stand-in does not have yet: until then every
 * code is one that nobody issued.
 */
const grants: Readonly<Record<string, Grant>> = {
  refresh_token: refreshToken,
  client_credentials: clientCredentials,
  authorization_code: unknownCode,
  "urn:ietf:params:oauth:grant-type:device_code": deviceCode,
}

async function issue(call: Call, service: Service): Promise<Reply> {
  const form = formFields(call)
  const type = form?.get("grant_type") ?? undefined
  const client = await authenticate(service, presented(call))
  call.requester = clientRequester(client)
  if (!form || type === undefined) throw oauthError(400, "invalid_request")
  const grant = grants[type]
  if (!grant) throw oauthError(400, "unsupported_grant_type")
  if (!client.grants.includes(type)) throw oauthError(401, "unauthorized_client")
  const reply = await grant(service, { call, client, form })
  return json(200, reply, { "cache-control": "no-store", pragma: "no-cache" })
}

async function refreshToken({ database, settings }: Service, { client, form }: Request): Promise<object> {
  const token = await findOAuthToken(database, "refresh", required(form, "refresh_token"))
  if (!token || token.finished || token.clientId !== client.id) throw oauthError(400, "invalid_grant")
  const ttlSeconds = settings.accessTokenTtlSeconds
  const issued = await inTransaction(database, async (rows) => {
    if (token.revoked || (token.consumed && !(await withdrawUnusedNext(rows, token)))) {
      throw oauthError(400, "invalid_grant")
    }
    const pair = await addTokenPair(rows, token.sessionId, ttlSeconds)
    await replacePair(rows, token, pair)
    return pair
  })
  return {
    access_token: issued.accessToken,
    refresh_token: issued.refreshToken,
    token_type: "Bearer",
    expires_in: ttlSeconds,
    scope: scopeOf(token),
  }
}

async function clientCredentials({ database, settings }: Service, { call, client, form }: Request): Promise<object> {
  const scopes = (form.get("scope") ?? "").split(" ").filter((scope) => scope !== "")
  const mayAdminister = settings.adminClients.has(uuidToUlid(client.id))
  const refused = scopes.filter((scope) => scope !== "urn:mas:admin" || !mayAdminister)
  if (refused.length > 0) {
    throw oauthError(403, "invalid_scope", refused.map((scope) => `scope '${scope}' not allowed`).join(", "))
  }
  const ttlSeconds = settings.accessTokenTtlSeconds
  const issued = await inTransaction(database, async (rows) => {
    const session = await openClientSession(rows, client.id, { scopes, userAgent: call.headers["user-agent"] })
    return addOAuthAccessToken(rows, session, ttlSeconds)
  })
  const granted = scopes.length > 0 ? { scope: scopes.join(" ") } : {}
  return { access_token: issued.token, token_type: "Bearer", expires_in: ttlSeconds, ...granted }
}

async function unknownCode(_service: Service, { form }: Request): Promise<object> {
  required(form, "code")
  throw oauthError(400, "invalid_grant")
}

/** A device that asks before its person has said yes gets 403, which pollers take for "not yet" (facts of MAS 1.22). */
async function deviceCode({ database }: Service, { client, form }: Request): Promise<object> {
  const found = await database.query<{ expired: boolean }>(
    `select expires_at < now() as expired from oauth2_device_code_grant
     where device_code = $1 and oauth2_client_id = $2`,
    [required(form, "device_code"), client.id],
  )
  const grant = found.rows[0]
  if (!grant) throw oauthError(400, "invalid_grant")
  throw oauthError(403, grant.expired ? "expired_token" : "authorization_pending")
}

function required(form: URLSearchParams, field: string): string {
  const value = form.get(field)
  if (value === null) throw oauthError(400, "invalid_request")
  return value
}

function scopeOf(token: OAuthToken): string {
  return [...token.scopes].sort().join(" ")
}
