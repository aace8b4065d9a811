import { uuidToUlid } from "../ulid.ts"
import { bearer, formFields } from "./bodies.ts"
import { type Call, json, oauthError, type Reply } from "./call.ts"
import { authenticate, clientRequester, presented } from "./client-authentication.ts"
import { type CompatSession, findByAccessToken, findByRefreshToken, isActive } from "./compat-sessions.ts"
import { deviceOfScope, scopesOfDevice } from "./devices.ts"
import { findOAuthToken, isActiveToken, markUsed, type OAuthToken } from "./oauth-sessions.ts"
import type { Route } from "./router.ts"
import type { Service } from "./service.ts"
import { type TokenKind, tokenKind } from "./tokens.ts"

/** `POST /oauth2/introspect` (RFC 7662): asked by Synapse for each token it has not asked about within two minutes. */
export const introspectionRoutes: readonly Route[] = [
  { method: "POST", path: "/oauth2/introspect", cors: true, answer: introspect },
]

const apiScopes = ["urn:matrix:client:api:*", "urn:matrix:org.matrix.msc2967.client:api:*"]
const inactive = { active: false }

async function introspect(call: Call, service: Service): Promise<Reply> {
  await recogniseCaller(call, service)
  const form = formFields(call)
  const token = form?.get("token")
  if (!form || token === null || token === undefined) throw oauthError(400, "invalid_request")
  const kind = tokenKind(token)
  if (!kind || !matchesHint(kind, form.get("token_type_hint"))) return json(200, inactive)
  return json(200, (await describe(call, service, { kind, token })) ?? inactive)
}

/** The homeserver by the shared secret, or a client that has credentials of its own. */
async function recogniseCaller(call: Call, service: Service): Promise<void> {
  const secret = bearer(call)
  if (secret === undefined) {
    const client = await authenticate(service, presented(call))
    if (client.authMethod === "none") throw oauthError(401, "access_denied")
    call.requester = clientRequester(client)
    return
  }
  if (!service.homeserver.knows(secret)) throw oauthError(401, "access_denied", "bearer token presented is invalid")
  call.requester = "homeserver"
}

function matchesHint(kind: TokenKind, hint: string | null): boolean {
  if (hint === null) return true
  return hint === (kind === "refresh" || kind === "compat-refresh" ? "refresh_token" : "access_token")
}

interface Asked {
  readonly kind: TokenKind
  readonly token: string
}

async function describe(call: Call, { database }: Service, { kind, token }: Asked): Promise<object | undefined> {
  const namesDevice = call.headers["x-mas-supports-device-id"] === "1"
  if (kind === "compat-access" || kind === "compat-refresh") {
    const find = kind === "compat-access" ? findByAccessToken : findByRefreshToken
    const session = await find(database, token)
    if (!session || !isActive(session)) return undefined
    return compatReply(session, kind === "compat-access" ? "access_token" : "refresh_token", namesDevice)
  }
  if (kind === "personal") return undefined
  const found = await findOAuthToken(database, kind, token)
  if (!found || !isActiveToken(found)) return undefined
  if (kind === "access") await markUsed(database, found)
  return oauthReply(found, kind === "access" ? "access_token" : "refresh_token")
}

/** A device id that no scope can hold makes the token inactive, unless the asker can be told of it apart. */
function compatReply(session: CompatSession, type: string, namesDevice: boolean): object | undefined {
  const device = namesDevice || session.deviceId === null ? [] : scopesOfDevice(session.deviceId)
  if (!device) return undefined
  const admin = session.isSynapseAdmin ? ["urn:synapse:admin:*"] : []
  return {
    active: true,
    scope: scopeText([...apiScopes, ...device, ...admin]),
    client_id: "legacy",
    username: session.user.username,
    token_type: type,
    ...times(session),
    sub: uuidToUlid(session.user.id),
    ...(session.deviceId === null ? {} : { device_id: session.deviceId }),
  }
}

function oauthReply(found: OAuthToken, type: string): object {
  const { user } = found
  return {
    active: true,
    scope: scopeText(found.scopes.flatMap(withBothForms)),
    client_id: uuidToUlid(found.clientId),
    ...(user ? { username: user.username } : {}),
    token_type: type,
    ...times(found),
    ...(user ? { sub: uuidToUlid(user.id) } : {}),
    jti: uuidToUlid(found.tokenId),
  }
}

/** Whichever form of MSC2967 was granted, both are told. */
function withBothForms(scope: string): readonly string[] {
  if (apiScopes.includes(scope)) return apiScopes
  const device = deviceOfScope(scope)
  return device === undefined ? [scope] : (scopesOfDevice(device) ?? [scope])
}

function scopeText(scopes: readonly string[]): string {
  return [...new Set(scopes)].sort().join(" ")
}

/** Seconds since 1970; a token without expiry has neither `exp` nor `expires_in`. */
function times({ createdAt, expiresAt }: { readonly createdAt: Date; readonly expiresAt: Date | null }): object {
  const issued = seconds(createdAt)
  const expiry = expiresAt && { exp: seconds(expiresAt), expires_in: Math.floor((+expiresAt - Date.now()) / 1000) }
  return { ...expiry, iat: issued, nbf: issued }
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000)
}
