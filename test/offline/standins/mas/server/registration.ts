import { createHash } from "node:crypto"
import { z } from "zod"
import { encryptSecret } from "../encryption.ts"
import { newUuid, uuidTime, uuidToUlid } from "../ulid.ts"
import { type Call, json, oauthError, type Reply } from "./call.ts"
import type { Route } from "./router.ts"
import type { Service } from "./service.ts"
import { randomText } from "./tokens.ts"

/** `POST /oauth2/registration` (RFC 7591), under the policy that MAS ships with. */
export const registrationRoutes: readonly Route[] = [
  { method: "POST", path: "/oauth2/registration", cors: true, answer: register },
]

const metadataShape = z.object({
  redirect_uris: z.array(z.string()).optional(),
  response_types: z.array(z.string()).optional(),
  grant_types: z.array(z.string()).default(["authorization_code"]),
  application_type: z.enum(["web", "native"]).optional(),
  token_endpoint_auth_method: z.string().default("client_secret_basic"),
  client_name: z.string().optional(),
  client_uri: z.string().optional(),
  logo_uri: z.string().optional(),
  policy_uri: z.string().optional(),
  tos_uri: z.string().optional(),
})

type Metadata = z.infer<typeof metadataShape>

async function register(call: Call, service: Service): Promise<Reply> {
  const metadata = parse(call.body)
  const mistakes = violations(metadata)
  if (mistakes.length > 0) {
    const code = mistakes.some((mistake) => mistake.includes("redirect_uri"))
      ? "invalid_redirect_uri"
      : "invalid_client_metadata"
    throw oauthError(400, code, mistakes.join("; "))
  }
  const secret = metadata.token_endpoint_auth_method.startsWith("client_secret_") ? randomText(20) : undefined
  const id = await keep(service, metadata, secret)
  const { response_types: _told, client_name, client_uri, ...rest } = metadata
  return json(201, {
    client_id: uuidToUlid(id),
    ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
    client_id_issued_at: Math.floor(uuidTime(id) / 1000),
    ...rest,
    client_name,
    client_uri,
  })
}

function parse(body: string): Metadata {
  const document = readJson(body)
  const parsed = metadataShape.safeParse(document)
  if (!parsed.success) throw oauthError(400, "invalid_client_metadata")
  const { redirect_uris: uris, grant_types: grants } = parsed.data
  if (grants.includes("authorization_code") && !uris?.length) throw oauthError(400, "invalid_redirect_uri")
  if (uris?.some((uri) => uri.includes("#"))) throw oauthError(400, "invalid_redirect_uri")
  return parsed.data
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    throw oauthError(400, "invalid_request")
  }
}

/** The sentences of MAS's registration policy. */
function violations(metadata: Metadata): string[] {
  const { client_uri: home, redirect_uris: redirects = [] } = metadata
  const about = ["tos_uri", "policy_uri", "logo_uri"] as const
  return [
    ...(home === undefined ? ["missing client_uri"] : []),
    ...(home !== undefined && !isSecure(home) ? ["invalid client_uri"] : []),
    ...about.filter((key) => metadata[key] !== undefined && !isSecure(metadata[key])).map((key) => `invalid ${key}`),
    ...redirects.filter((uri) => !isAllowedRedirect(uri, metadata)).map(() => "invalid redirect_uri"),
  ].filter((mistake, index, all) => all.indexOf(mistake) === index)
}

function isAllowedRedirect(uri: string, { client_uri: home, application_type: type }: Metadata): boolean {
  const target = URL.parse(uri)
  const base = URL.parse(home ?? "")
  if (!target) return false
  if (type === "native" && isNative(target, base)) return true
  return isSecure(uri) && base !== null && isUnder(base.hostname, target.hostname)
}

/** Loopback without TLS, or a scheme that is the client's own host the other way round: `io.element.app:/`. */
function isNative(target: URL, base: URL | null): boolean {
  if (target.protocol === "http:") return ["localhost", "127.0.0.1", "[::1]"].includes(target.hostname)
  if (target.protocol === "https:" || target.host !== "" || base === null) return false
  return isUnder(base.hostname, target.protocol.slice(0, -1).split(".").reverse().join("."))
}

function isSecure(uri: string): boolean {
  const url = URL.parse(uri)
  return url?.protocol === "https:" && !["localhost", "127.0.0.1", "0.0.0.0", "[::1]"].includes(url.hostname)
}

function isUnder(host: string, name: string): boolean {
  return name === host || name.endsWith(`.${host}`)
}

/** A public client that registers the same again gets the id it had. */
async function keep({ database, settings }: Service, metadata: Metadata, secret?: string): Promise<string> {
  const digest = secret === undefined ? createHash("sha256").update(JSON.stringify(metadata)).digest("hex") : null
  const known = await database.query<{ id: string }>(
    "select oauth2_client_id as id from oauth2_clients where metadata_digest = $1",
    [digest],
  )
  if (known.rows[0]) return known.rows[0].id
  const id = newUuid()
  const grants = metadata.grant_types
  await database.query(
    `insert into oauth2_clients (oauth2_client_id, metadata_digest, encrypted_client_secret, redirect_uris,
       application_type, token_endpoint_auth_method, client_name, client_uri, logo_uri, policy_uri, tos_uri,
       grant_type_authorization_code, grant_type_refresh_token, grant_type_client_credentials, grant_type_device_code)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      ...[id, digest, secret === undefined ? null : encryptSecret(settings.encryptionKey, secret)],
      ...[metadata.redirect_uris ?? [], metadata.application_type ?? null, metadata.token_endpoint_auth_method],
      ...[metadata.client_name, metadata.client_uri, metadata.logo_uri, metadata.policy_uri, metadata.tos_uri],
      ...["authorization_code", "refresh_token", "client_credentials"].map((grant) => grants.includes(grant)),
      grants.includes("urn:ietf:params:oauth:grant-type:device_code"),
    ],
  )
  return id
}
