import { newUuid } from "../ulid.ts"
import { formFields } from "./bodies.ts"
import { type Call, json, oauthError, type Reply } from "./call.ts"
import { authenticate, clientRequester, presented } from "./client-authentication.ts"
import type { Route } from "./router.ts"
import type { Service } from "./service.ts"
import { randomText } from "./tokens.ts"

const deviceCodeGrant = "urn:ietf:params:oauth:grant-type:device_code"
const lifeSeconds = 1200

/** `POST /oauth2/device` (RFC 8628): a device begins to wait for its person. The pages where one says yes come later. */
export const deviceRoutes: readonly Route[] = [{ method: "POST", path: "/oauth2/device", cors: true, answer: begin }]

async function begin(call: Call, service: Service): Promise<Reply> {
  const { settings, database } = service
  if (!settings.deviceCodeEnabled) {
    throw oauthError(400, "invalid_request", "The Device Authorization Grant is disabled on this server")
  }
  const client = await authenticate(service, presented(call))
  call.requester = clientRequester(client)
  if (!client.grants.includes(deviceCodeGrant)) throw oauthError(401, "unauthorized_client")
  const deviceCode = randomText(32)
  const userCode = randomText(6).toUpperCase()
  await database.query(
    `insert into oauth2_device_code_grant (oauth2_device_code_grant_id, oauth2_client_id, scope, user_code,
       device_code, created_at, expires_at, ip_address, user_agent)
     values ($1, $2, $3, $4, $5, now(), now() + make_interval(secs => $6), $7, $8)`,
    [
      ...[newUuid(), client.id, formFields(call)?.get("scope") ?? "", userCode, deviceCode, lifeSeconds],
      ...[call.clientAddress, call.headers["user-agent"] ?? null],
    ],
  )
  const told = {
    device_code: deviceCode,
    user_code: userCode,
    verification_uri: new URL("link", settings.publicBase).href,
    expires_in: lifeSeconds,
    interval: 5,
  }
  return json(200, told, { "cache-control": "no-store", pragma: "no-cache" })
}
