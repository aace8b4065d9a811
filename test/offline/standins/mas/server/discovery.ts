import { type Call, json, type Reply } from "./call.ts"
import type { Route } from "./router.ts"
import type { Service } from "./service.ts"
import type { SigningKey } from "./signing-keys.ts"

/** Discovery (OpenID Connect Discovery 1.0, RFC 8414, MSC2965), as MAS 1.22 was seen to answer. */
export const discoveryRoutes: readonly Route[] = [
  { method: "GET", path: "/.well-known/openid-configuration", cors: true, answer: metadata },
]

export const keyRoutes: readonly Route[] = [{ method: "GET", path: "/oauth2/keys.json", cors: true, answer: keys }]

const authMethods = ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"]

const assertionAlgorithms = [
  ...["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES256K"],
]

/** Which algorithms each kind of key can sign with, in the order MAS tells them. */
const signingAlgorithms: Readonly<Record<string, readonly string[]>> = {
  RSA: ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  "P-256": ["ES256"],
  "P-384": ["ES384"],
  secp256k1: ["ES256K"],
}
const toldOrder = ["RS256", "RS384", "RS512", "ES256", "ES384", "PS256", "PS384", "PS512", "ES256K"]

/** Every address comes from `http.public_base`, whatever host was asked. */
function metadata(_call: Call, { settings }: Service): Reply {
  const at = (path: string) => new URL(path, settings.publicBase).href
  return json(200, {
    issuer: settings.issuer,
    authorization_endpoint: at("authorize"),
    token_endpoint: at("oauth2/token"),
    jwks_uri: at("oauth2/keys.json"),
    registration_endpoint: at("oauth2/registration"),
    ...capabilities(settings.deviceCodeEnabled),
    ...authentication("token_endpoint", {}),
    ...authentication("revocation_endpoint", { revocation_endpoint: at("oauth2/revoke") }),
    ...authentication("introspection_endpoint", { introspection_endpoint: at("oauth2/introspect") }),
    code_challenge_methods_supported: ["plain", "S256"],
    userinfo_endpoint: at("oauth2/userinfo"),
    ...claims(settings.signingKeys),
    prompt_values_supported: settings.passwordRegistrationEnabled ? ["login", "create"] : ["login"],
    ...(settings.deviceCodeEnabled ? { device_authorization_endpoint: at("oauth2/device") } : {}),
    "org.matrix.matrix-authentication-service.graphql_endpoint": at("graphql"),
    account_management_uri: at("account/"),
    account_management_actions_supported: accountActions,
  })
}

const accountActions = [
  ...["profile", "devices_list", "device_view", "device_delete", "cross_signing_reset"],
  ...["sessions_list", "session_view", "session_end"],
].map((action) => `org.matrix.${action}`)

function capabilities(deviceCodeEnabled: boolean): object {
  const deviceCode = deviceCodeEnabled ? ["urn:ietf:params:oauth:grant-type:device_code"] : []
  return {
    scopes_supported: ["openid", "email"],
    response_types_supported: ["code", "id_token", "code id_token"],
    response_modes_supported: ["form_post", "query", "fragment"],
    grant_types_supported: ["authorization_code", "refresh_token", "client_credentials", ...deviceCode],
  }
}

function authentication(endpoint: string, address: object): object {
  return {
    ...address,
    [`${endpoint}_auth_methods_supported`]: authMethods,
    [`${endpoint}_auth_signing_alg_values_supported`]: assertionAlgorithms,
  }
}

function claims(signingKeys: readonly SigningKey[]): object {
  const possible = signingKeys.flatMap((key) => signingAlgorithms[curveOf(key)] ?? [])
  const told = toldOrder.filter((algorithm) => possible.includes(algorithm))
  return {
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: told,
    userinfo_signing_alg_values_supported: told,
    display_values_supported: ["page"],
    claim_types_supported: ["normal"],
    claims_supported: ["iss", "sub", "aud", "iat", "exp", "nonce", "auth_time", "at_hash", "c_hash"],
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  }
}

function keys(_call: Call, { settings }: Service): Reply {
  return json(200, { keys: settings.signingKeys.map(({ kid, jwk }) => ({ ...jwk, kid })) })
}

function curveOf({ jwk }: SigningKey): string {
  return jwk.kty === "RSA" ? "RSA" : String(jwk.crv)
}
