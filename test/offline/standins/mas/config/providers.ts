import type { Cursor } from "./cursor.ts"
import type { ConfigError } from "./error.ts"
import { readSecretSource, type SecretSource } from "./secret.ts"

const methods = [
  "none",
  "client_secret_basic",
  "client_secret_post",
  "client_secret_jwt",
  "private_key_jwt",
  "sign_in_with_apple",
] as const
const discoveryModes = ["oidc", "insecure", "disabled"] as const
const pkceMethods = ["auto", "always", "never"] as const
const logoutActions = ["do_nothing", "logout_browser_only", "logout_all"] as const
const responseModes = ["query", "form_post"] as const

/** An identity provider upstream of MAS. */
export interface ProviderConfig {
  /** ULID in upper case. */
  readonly id: string
  readonly enabled: boolean
  /** What Synapse's `user_external_ids.auth_provider` calls it; syn2mas maps by this and nothing stores it. */
  readonly synapseIdpId: string | undefined
  readonly issuer: string | undefined
  readonly humanName: string | undefined
  readonly brandName: string | undefined
  readonly clientId: string
  readonly clientSecret: SecretSource | undefined
  readonly authMethod: (typeof methods)[number]
  readonly signingAlg: string | undefined
  readonly idTokenAlg: string
  readonly userinfoAlg: string | undefined
  readonly scope: string
  readonly discoveryMode: (typeof discoveryModes)[number]
  readonly pkceMethod: (typeof pkceMethods)[number]
  readonly fetchUserinfo: boolean
  readonly authorizationEndpoint: string | undefined
  readonly userinfoEndpoint: string | undefined
  readonly tokenEndpoint: string | undefined
  readonly jwksUri: string | undefined
  readonly responseMode: (typeof responseModes)[number] | undefined
  readonly claimsImports: unknown
  readonly additionalParameters: Readonly<Record<string, string>>
  readonly forwardLoginHint: boolean
  readonly onBackchannelLogout: (typeof logoutActions)[number]
  readonly registrationTokenRequired: boolean
}

export function readProviders(root: Cursor): readonly ProviderConfig[] {
  return (
    root.given("upstream_oauth2")?.struct("UpstreamOAuth2Config").required("providers").items().map(readProvider) ?? []
  )
}

function readProvider(cursor: Cursor): ProviderConfig {
  return {
    id: cursor.required("id").ulid(),
    enabled: cursor.given("enabled")?.boolean() ?? true,
    synapseIdpId: cursor.at("synapse_idp_id")?.string(),
    issuer: cursor.at("issuer")?.string(),
    humanName: cursor.at("human_name")?.string(),
    brandName: cursor.at("brand_name")?.string(),
    clientId: cursor.required("client_id").string(),
    clientSecret: readSecretSource(cursor, "client_secret"),
    authMethod: cursor.required("token_endpoint_auth_method").variant("TokenAuthMethod", methods),
    ...readEndpoints(cursor),
    ...readBehaviour(cursor),
  }
}

function readEndpoints(cursor: Cursor) {
  return {
    authorizationEndpoint: cursor.at("authorization_endpoint")?.url(),
    userinfoEndpoint: cursor.at("userinfo_endpoint")?.url(),
    tokenEndpoint: cursor.at("token_endpoint")?.url(),
    jwksUri: cursor.at("jwks_uri")?.url(),
    discoveryMode: cursor.given("discovery_mode")?.variant("DiscoveryMode", discoveryModes) ?? "oidc",
    signingAlg: cursor.at("token_endpoint_auth_signing_alg")?.string(),
    idTokenAlg: cursor.at("id_token_signed_response_alg")?.string() ?? "RS256",
    userinfoAlg: cursor.at("userinfo_signed_response_alg")?.string(),
  }
}

function readBehaviour(cursor: Cursor) {
  const parameters = cursor.section("additional_authorization_parameters", "Parameters")
  return {
    scope: cursor.given("scope")?.string() ?? "openid",
    pkceMethod: cursor.given("pkce_method")?.variant("PkceMethod", pkceMethods) ?? "auto",
    fetchUserinfo: cursor.given("fetch_userinfo")?.boolean() ?? false,
    responseMode: cursor.at("response_mode")?.variant("ResponseMode", responseModes),
    claimsImports: cursor.section("claims_imports", "ClaimsImports").plain(),
    additionalParameters: Object.fromEntries(parameters.keys().map((key) => [key, parameters.required(key).string()])),
    forwardLoginHint: cursor.given("forward_login_hint")?.boolean() ?? false,
    onBackchannelLogout:
      cursor.given("on_backchannel_logout")?.variant("OnBackchannelLogout", logoutActions) ?? "do_nothing",
    registrationTokenRequired: cursor.at("registration_token_required")?.boolean() ?? false,
  }
}

export function validateProviders(root: Cursor, providers: readonly ProviderConfig[]): void {
  const cursor = root.section("upstream_oauth2", "UpstreamOAuth2Config")
  for (const [index, provider] of providers.entries()) {
    const mistake = providerMistake(provider)
    if (mistake) throw refusal(cursor, mistake, index)
  }
}

function refusal(cursor: Cursor, mistake: string, index: number): ConfigError {
  return cursor.refusal(mistake, ["providers", String(index)])
}

function providerMistake({ authMethod, clientSecret, ...provider }: ProviderConfig): string | undefined {
  if (provider.discoveryMode !== "disabled" && provider.issuer === undefined) {
    return "The `issuer` field is required when discovery is enabled"
  }
  const wantsSecret = authMethod.startsWith("client_secret_")
  if (wantsSecret && !clientSecret) return "missing field `client_secret`"
  if (!wantsSecret && clientSecret) return "Unexpected field `client_secret` for the selected authentication method"
  const wantsAlg = authMethod.endsWith("_jwt")
  if (wantsAlg && provider.signingAlg === undefined) return "missing field `token_endpoint_auth_signing_alg`"
  if (!wantsAlg && provider.signingAlg !== undefined) {
    return "Unexpected field `token_endpoint_auth_signing_alg` for the selected authentication method"
  }
  return undefined
}
