import assert from "node:assert/strict"
import { webcrypto } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { type TestContext, test } from "node:test"

interface WayIn {
  readonly kind: string
  readonly clientId?: string
  readonly immediately?: boolean
  readonly metadata?: { readonly issuer: string }
}

interface LogIn {
  findWayIn(site: string, fetch: typeof globalThis.fetch): Promise<WayIn>
  signIn(
    homeserver: string,
    who: { username: string; password: string },
    fetch: typeof globalThis.fetch,
  ): Promise<string>
  authorizationUrl(way: object, site: string, crypto: object): Promise<string>
}

const { findWayIn, signIn, authorizationUrl } = (await import(
  join(import.meta.dirname, "../../offline/standins/element/bundle/log-in.js")
)) as LogIn

const metadata = { issuer: "https://auth.test/", authorization_endpoint: "https://auth.test/authorize" }
const loginPath = "/_matrix/client/v3/login"
const metadataPath = "/_matrix/client/v1/auth_metadata"
const legacy = { [loginPath]: { flows: [{ type: "m.login.password" }, { type: "m.login.application_service" }] } }

test("a legacy homeserver is met with the password form", async (t) => {
  const site = await serve(t, legacy, {})
  assert.equal((await findWayIn(site, fetch)).kind, "password")
})

test("a homeserver with auth metadata is met with Continue, for the client of just its issuer", async (t) => {
  const clients = { "https://auth.test": { client_id: "wrong" }, "https://auth.test/": { client_id: "right" } }
  const site = await serve(t, { [metadataPath]: metadata }, { oidc_static_clients: clients })
  const way = await findWayIn(site, fetch)
  assert.deepEqual([way.kind, way.clientId, way.immediately], ["native", "right", false])
})

test("the metadata is found under its older path too", async (t) => {
  const older = "/_matrix/client/unstable/org.matrix.msc2965/auth_metadata"
  const site = await serve(t, { [older]: metadata }, { sso_redirect_options: { immediate: true } })
  const way = await findWayIn(site, fetch)
  assert.deepEqual([way.kind, way.immediately], ["native", true])
})

test("with the native flow turned off, only the log-in flows count", async (t) => {
  const site = await serve(
    t,
    { ...legacy, [metadataPath]: metadata },
    { features: { feature_oidc_native_flow: false } },
  )
  assert.equal((await findWayIn(site, fetch)).kind, "password")
})

test("signing in tells who it was, or says the homeserver's words", async (t) => {
  const site = await serve(t, { [loginPath]: { user_id: "@alice:staging.test" } }, {})
  const who = { username: "alice", password: "secret" }
  assert.equal(await signIn(new URL(site).origin, who, fetch), "@alice:staging.test")
  const closed = await serve(t, {}, {})
  await assert.rejects(signIn(new URL(closed).origin, who, fetch), /not here/)
})

test("Continue leads to MAS with the site as redirect, PKCE and a device", async () => {
  const way = { metadata, clientId: "right", verifier: "v".repeat(64) }
  const url = new URL(await authorizationUrl(way, "https://element.test/#/login", webcrypto))
  assert.equal(url.origin + url.pathname, metadata.authorization_endpoint)
  assert.equal(url.searchParams.get("redirect_uri"), "https://element.test/")
  assert.equal(url.searchParams.get("code_challenge_method"), "S256")
  assert.match(url.searchParams.get("scope") ?? "", /urn:matrix:client:device:[A-Z0-9]{10}$/)
})

/** A site with a config.json, and a homeserver at the same address with these answers. */
async function serve(t: TestContext, answers: Readonly<Record<string, object>>, config: object): Promise<string> {
  const server = createServer((request, response) => {
    const homeserver = { base_url: `http://127.0.0.1:${port()}/` }
    const all = { ...answers, "/config.json": { default_server_config: { "m.homeserver": homeserver }, ...config } }
    const answer = Object.entries(all).find(([path]) => path === request.url)?.[1]
    response.statusCode = answer ? 200 : 404
    response.end(JSON.stringify(answer ?? { errcode: "M_UNRECOGNIZED", error: "not here" }))
  })
  const port = () => (server.address() as AddressInfo).port
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => server.close())
  return `http://127.0.0.1:${port()}/`
}
