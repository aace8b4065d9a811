/**
 * What Element's log-in page decides, apart from the page: which way in the homeserver offers. `fetch` is handed in so
 * that tests can look past a browser.
 */

const metadataPaths = ["/_matrix/client/v1/auth_metadata", "/_matrix/client/unstable/org.matrix.msc2965/auth_metadata"]

/** Reads config.json and asks the homeserver it names; says what the page has to show. */
export async function findWayIn(site, fetch) {
  const config = await (await fetch(new URL("config.json", site), { cache: "no-store" })).json()
  const homeserver = config.default_server_config["m.homeserver"].base_url.replace(/\/$/, "")
  const metadata = isNativeFlowOn(config) ? await authMetadata(homeserver, fetch) : undefined
  if (metadata) return native(config, homeserver, metadata)
  const { flows } = await (await fetch(`${homeserver}/_matrix/client/v3/login`)).json()
  const types = flows.map(({ type }) => type)
  return { kind: types.includes("m.login.password") ? "password" : "none", homeserver, flows: types }
}

/** Signs in by password; the access token's owner, or an error with the homeserver's words. */
export async function signIn(homeserver, { username, password }, fetch) {
  const body = { type: "m.login.password", identifier: { type: "m.id.user", user: username }, password }
  const headers = { "Content-Type": "application/json" }
  const answer = await fetch(`${homeserver}/_matrix/client/v3/login`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  })
  const said = await answer.json()
  if (!answer.ok) throw new Error(said.error)
  return said.user_id
}

/** Where "Continue" leads: MAS's authorization endpoint, with PKCE (RFC 7636) and a device of our own (MSC2967). */
export async function authorizationUrl(way, site, crypto) {
  const challenge = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(way.verifier))
  const device = `urn:matrix:client:device:${randomText(crypto, 10)}`
  const url = new URL(way.metadata.authorization_endpoint)
  url.search = new URLSearchParams({
    response_type: "code",
    response_mode: "query",
    client_id: way.clientId,
    redirect_uri: new URL(".", site).href,
    scope: `openid urn:matrix:client:api:* ${device}`,
    state: randomText(crypto, 16),
    code_challenge_method: "S256",
    code_challenge: base64Url(new Uint8Array(challenge)),
  }).toString()
  return url.href
}

/** Letters for states, verifiers and device ids. */
export function randomText(crypto, length) {
  return [...crypto.getRandomValues(new Uint8Array(length))]
    .map((byte) => (byte % 36).toString(36).toUpperCase())
    .join("")
}

/** On by default since long before the version that this stands in for. */
function isNativeFlowOn(config) {
  return config.features?.feature_oidc_native_flow !== false
}

async function authMetadata(homeserver, fetch) {
  for (const path of metadataPaths) {
    const answer = await fetch(homeserver + path)
    if (answer.ok) return answer.json()
  }
  return undefined
}

/** A client that the config names for just this issuer (byte for byte); Element would register itself without one. */
function native(config, homeserver, metadata) {
  const clientId = config.oidc_static_clients?.[metadata.issuer]?.client_id
  const immediately = config.sso_redirect_options?.immediate === true
  return { kind: "native", homeserver, metadata, clientId, immediately }
}

function base64Url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")
}
