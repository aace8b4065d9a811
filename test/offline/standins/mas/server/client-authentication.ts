import { timingSafeEqual } from "node:crypto"
import { decryptSecret } from "../encryption.ts"
import { parseUlid, ulidToUuid, uuidToUlid } from "../ulid.ts"
import { formFields } from "./bodies.ts"
import { type Call, oauthError } from "./call.ts"
import type { Service } from "./service.ts"
import type { Rows } from "./users.ts"

/** A row of `oauth2_clients`, as far as requests need it. */
export interface Client {
  readonly id: string
  readonly authMethod: string | null
  readonly encryptedSecret: string | null
  readonly redirectUris: readonly string[]
  readonly grants: readonly string[]
}

/** What a request says about the client that makes it (RFC 6749, section 2.3). */
export interface Presented {
  readonly clientId: string
  /** How the secret came; `assertion` is a signed JWT, which this stand-in never accepts. */
  readonly by: "client_secret_basic" | "client_secret_post" | "none" | "assertion"
  readonly secret: string
}

/** Reads the credentials. @throws Rejection, 400 `invalid_request`, when there are none or they contradict each other. */
export function presented(call: Call): Presented {
  const form = formFields(call)
  const clientId = form?.get("client_id") ?? undefined
  const secret = form?.get("client_secret") ?? undefined
  const header = call.headers.authorization
  if (header !== undefined) return fromHeader(header, clientId)
  if (form?.has("client_assertion")) return { clientId: clientId ?? "", by: "assertion", secret: "" }
  if (clientId === undefined) throw oauthError(400, "invalid_request", "No credentials were presented")
  return secret === undefined ? { clientId, by: "none", secret: "" } : { clientId, by: "client_secret_post", secret }
}

/** @throws Rejection, 401 `invalid_client`, for an unknown client, a wrong secret or another method than its own. */
export async function authenticate(service: Service, { clientId, by, secret }: Presented): Promise<Client> {
  const client = await findClient(service.database, clientId)
  if (!client) throw oauthError(401, "invalid_client")
  if (client.authMethod === null) throw oauthError(401, "unauthorized_client")
  if (client.authMethod !== by) throw oauthError(401, "invalid_client")
  if (by === "none") return client
  if (client.encryptedSecret === null) throw oauthError(500, "server_error")
  const kept = Buffer.from(decryptSecret(service.settings.encryptionKey, client.encryptedSecret))
  const given = Buffer.from(secret)
  if (kept.length !== given.length || !timingSafeEqual(kept, given)) throw oauthError(401, "invalid_client")
  return client
}

/** How the access log names a client. */
export function clientRequester(client: Client): string {
  return `oauth2-client:${uuidToUlid(client.id)}`
}

async function findClient(rows: Rows, clientId: string): Promise<Client | undefined> {
  const parsed = parseUlid(clientId)
  if ("mistake" in parsed) return undefined
  const found = await rows.query<Client>(
    `select oauth2_client_id as id, token_endpoint_auth_method as "authMethod",
       encrypted_client_secret as "encryptedSecret", redirect_uris as "redirectUris",
       array_remove(array[case when grant_type_authorization_code then 'authorization_code' end,
         case when grant_type_refresh_token then 'refresh_token' end,
         case when grant_type_client_credentials then 'client_credentials' end,
         case when grant_type_device_code then 'urn:ietf:params:oauth:grant-type:device_code' end], null) as grants
     from oauth2_clients where oauth2_client_id = $1`,
    [ulidToUuid(parsed.ulid)],
  )
  return found.rows[0]
}

function fromHeader(header: string, clientIdInForm: string | undefined): Presented {
  const encoded = /^basic (.+)$/i.exec(header)?.[1]
  if (encoded === undefined) throw oauthError(400, "invalid_request", "Invalid Authorization header")
  const [clientId = "", ...rest] = Buffer.from(encoded, "base64").toString("utf8").split(":")
  if (clientIdInForm !== undefined && clientIdInForm !== clientId) {
    const both = `client_id in form ("${clientIdInForm}") does not match credential ("${clientId}")`
    throw oauthError(400, "invalid_grant", both)
  }
  return { clientId, by: "client_secret_basic", secret: rest.join(":") }
}
