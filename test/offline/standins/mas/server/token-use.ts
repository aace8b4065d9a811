import { uuidToUlid } from "../ulid.ts"
import { bearer, formFields } from "./bodies.ts"
import { type Call, empty, json, oauthError, Rejection, type Reply } from "./call.ts"
import { authenticate, clientRequester, presented } from "./client-authentication.ts"
import { scheduleJob } from "./jobs.ts"
import { findOAuthToken, finishOAuthSession, isActiveToken } from "./oauth-sessions.ts"
import type { Route } from "./router.ts"
import type { Service } from "./service.ts"
import { tokenKind } from "./tokens.ts"
import { inTransaction, requesterOf } from "./transactions.ts"

/** `POST /oauth2/revoke` (RFC 7009) and `GET|POST /oauth2/userinfo` (OpenID Connect Core, section 5.3). */
export const tokenUseRoutes: readonly Route[] = [
  { method: "POST", path: "/oauth2/revoke", cors: true, answer: revoke },
  { method: "GET", path: "/oauth2/userinfo", cors: true, answer: userinfo },
  { method: "POST", path: "/oauth2/userinfo", cors: true, answer: userinfo },
]

/** Ends the whole session of the token. A token that nobody knows is no error. */
async function revoke(call: Call, service: Service): Promise<Reply> {
  const client = await authenticate(service, presented(call))
  call.requester = clientRequester(client)
  const form = formFields(call)
  const token = form?.get("token")
  if (token === null || token === undefined) throw oauthError(400, "invalid_request")
  const kind = tokenKind(token)
  if ((kind !== "access" && kind !== "refresh") || contradicts(kind, form?.get("token_type_hint"))) return empty(200)
  const found = await findOAuthToken(service.database, kind, token)
  if (!found || !isActiveToken({ ...found, user: null })) return empty(200)
  if (found.clientId !== client.id) throw oauthError(401, "unauthorized_client")
  await inTransaction(service.database, async (rows) => {
    if (found.user) await scheduleJob(rows, { kind: "sync-devices", userId: found.user.id })
    await finishOAuthSession(rows, found.sessionId)
  })
  return empty(200)
}

function contradicts(kind: "access" | "refresh", hint: string | null | undefined): boolean {
  return hint !== null && hint !== undefined && hint !== `${kind}_token`
}

async function userinfo(call: Call, { database }: Service): Promise<Reply> {
  const token = bearer(call) ?? ""
  const found = tokenKind(token) === "access" ? await findOAuthToken(database, "access", token) : undefined
  if (!found?.user || !isActiveToken(found) || !found.scopes.includes("openid")) throw new Rejection(empty(401))
  call.requester = requesterOf(found.user)
  return json(200, { sub: uuidToUlid(found.user.id), username: found.user.username })
}
