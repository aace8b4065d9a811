import type { Cursor } from "./cursor.ts"
import type { ConfigError } from "./error.ts"
import { readSecretSource, type SecretSource } from "./secret.ts"

const methods = ["none", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"] as const

export type ClientAuthMethod = (typeof methods)[number]

/** A static OAuth client of `clients`. */
export interface ClientConfig {
  /** ULID in upper case. */
  readonly clientId: string
  readonly authMethod: ClientAuthMethod
  readonly name: string | undefined
  readonly uri: string | undefined
  readonly secret: SecretSource | undefined
  readonly jwks: unknown
  readonly jwksUri: string | undefined
  /** Serialised as WHATWG does, in the order of the file. */
  readonly redirectUris: readonly string[]
}

export function readClients(root: Cursor): readonly ClientConfig[] {
  return (root.given("clients")?.items() ?? []).map(readClient)
}

function readClient(cursor: Cursor): ClientConfig {
  const authMethod = cursor.given("client_auth_method")?.variant("ClientAuthMethodConfig", methods)
  const clientId = cursor.required("client_id").ulid()
  return {
    clientId,
    authMethod: authMethod ?? cursor.required("client_auth_method").variant("ClientAuthMethodConfig", methods),
    name: cursor.at("client_name")?.string(),
    uri: cursor.at("client_uri")?.url(),
    jwks: cursor.at("jwks")?.plain(),
    jwksUri: cursor.at("jwks_uri")?.url(),
    redirectUris: (cursor.given("redirect_uris")?.items() ?? []).map((uri) => uri.url()),
    secret: readSecretSource(cursor, "client_secret"),
  }
}

/** What only shows once every client could be read: the auth method and what it needs or forbids. */
export function validateClients(root: Cursor, clients: readonly ClientConfig[]): void {
  for (const [index, cursor] of (root.given("clients")?.items() ?? []).entries()) {
    const client = clients[index]
    const mistake = client && clientMistake(client, cursor)
    if (mistake) throw mistake
  }
}

function clientMistake(client: ClientConfig, cursor: Cursor): ConfigError | undefined {
  if (client.authMethod === "private_key_jwt") return privateKeyMistake(client, cursor)
  if (client.authMethod === "none") return publicMistake(client, cursor)
  const method = client.authMethod
  if (!client.secret) return cursor.refusal(`client_secret is required for ${method}`, ["client_auth_method"])
  if (client.jwks !== undefined) return cursor.refusal(`jwks is not allowed with ${method}`, ["jwks"])
  if (client.jwksUri !== undefined) return cursor.refusal(`jwks_uri is not allowed with ${method}`, ["jwks_uri"])
  return undefined
}

function privateKeyMistake(client: ClientConfig, cursor: Cursor): ConfigError | undefined {
  const hasKeys = client.jwks !== undefined
  const hasUri = client.jwksUri !== undefined
  if (!hasKeys && !hasUri) {
    return cursor.refusal("jwks or jwks_uri is required for private_key_jwt", ["client_auth_method"])
  }
  if (hasKeys && hasUri) return cursor.refusal("jwks and jwks_uri are mutually exclusive", ["jwks"])
  if (client.secret) return cursor.refusal("client_secret is not allowed with private_key_jwt", ["client_secret"])
  return undefined
}

function publicMistake(client: ClientConfig, cursor: Cursor): ConfigError | undefined {
  const forbidden = "is not allowed with none authentication method"
  if (client.secret) return cursor.refusal(`client_secret ${forbidden}`, ["client_secret"])
  if (client.jwks !== undefined) return cursor.refusal(`jwks ${forbidden}`)
  if (client.jwksUri !== undefined) return cursor.refusal(`jwks_uri ${forbidden}`)
  return undefined
}
