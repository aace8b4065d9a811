import { uuidToUlid } from "../ulid.ts"
import { compatSessionPage, userPage } from "./admin-lists.ts"
import { type Call, json, Rejection } from "./call.ts"
import { findOAuthToken, isActiveToken } from "./oauth-sessions.ts"
import type { Answer, Route } from "./router.ts"
import type { Service } from "./service.ts"
import { tokenKind } from "./tokens.ts"

/** The part of `/api/admin/v1/` that was seen: lists of users and compat sessions, version, site configuration. */
export const adminRoutes: readonly Route[] = [
  { method: "GET", path: "/api/admin/v1/users", cors: true, answer: asAdmin(userPage) },
  { method: "GET", path: "/api/admin/v1/compat-sessions", cors: true, answer: asAdmin(compatSessionPage) },
  { method: "GET", path: "/api/admin/v1/version", cors: true, answer: asAdmin(() => ({ version: "v1.22.0" })) },
  { method: "GET", path: "/api/admin/v1/site-config", cors: true, answer: asAdmin(siteConfig) },
]

const scope = "urn:mas:admin"

/** Without a token 400, not 401 (seen with MAS 1.22). */
async function recogniseAdmin(call: Call, { database }: Service): Promise<void> {
  const header = call.headers.authorization
  if (header === undefined) throw refused(400, "Missing authorization header")
  const token = /^bearer (.+)$/i.exec(header)?.[1]
  if (token === undefined) throw refused(400, "Invalid authorization header")
  const found = tokenKind(token) === "access" ? await findOAuthToken(database, "access", token) : undefined
  if (!found) throw refused(401, "Unknown access token")
  if (!isActiveToken(found)) throw refused(401, found.revoked ? "Access token revoked" : "Access token expired")
  if (!found.scopes.includes(scope)) throw refused(401, `Missing ${scope} scope`)
  call.requester = found.user
    ? `user:${uuidToUlid(found.user.id)}(${found.user.username})`
    : `oauth2-client:${uuidToUlid(found.clientId)}`
}

function refused(status: number, title: string): Rejection {
  return new Rejection(json(status, { errors: [{ title }] }))
}

function asAdmin(describe: (service: Service, query: URLSearchParams) => object | Promise<object>): Answer {
  return async (call, service) => {
    await recogniseAdmin(call, service)
    return json(200, await describe(service, call.query))
  }
}

function siteConfig({ settings }: Service): object {
  const { account } = settings.config.behaviour
  return {
    server_name: settings.homeserver.serverName,
    password_login_enabled: settings.passwordsEnabled,
    password_registration_enabled: settings.passwordRegistrationEnabled,
    password_registration_email_required: true,
    password_registration_token_required: false,
    registration_token_required: false,
    email_change_allowed: account.emailChangeAllowed,
    displayname_change_allowed: account.displaynameChangeAllowed,
    password_change_allowed: settings.passwordsEnabled && account.passwordChangeAllowed,
    account_recovery_allowed: settings.passwordsEnabled && account.passwordRecoveryEnabled,
    account_deactivation_allowed: account.accountDeactivationAllowed,
    captcha_enabled: settings.config.behaviour.captchaService !== undefined,
    minimum_password_complexity: settings.config.passwords.minimumComplexity,
  }
}
