import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type Answer,
  expectedView,
  readAuthMetadata,
  readLoginFlows,
  readRoutes,
  readWellKnown,
} from "../../../components/web/client-view.ts"
import { recordedExchanges } from "../../contract/http/recorded.ts"

const issuer = "https://auth.example.org/"
const unrecognised = answer(404, { errcode: "M_UNRECOGNIZED", error: "Unrecognized request" })

test("MAS's log-in flows, as the real one answers, are those of a delegated server, whatever the version in the path", async () => {
  assert.equal(readLoginFlows(await recorded("log-in flows by MAS")), "m.login.sso, delegated to MAS")
  assert.equal(readLoginFlows(await recorded("log-in flows by MAS, r0")), "m.login.sso, delegated to MAS")
})

test("either name that MSC3824 gave the mark says it, the one from before it was stable too", () => {
  for (const mark of ["oauth_aware_preferred", "org.matrix.msc3824.delegated_oidc_compatibility"]) {
    const flow = { type: "m.login.sso", [mark]: true }
    assert.equal(readLoginFlows(answer(200, { flows: [flow] })), "m.login.sso, delegated to MAS", mark)
  }
})

test("a Synapse that checks passwords itself offers the form, with single sign-on beside it or not", () => {
  const own = [{ type: "m.login.password" }, { type: "m.login.application_service" }]
  assert.equal(readLoginFlows(answer(200, { flows: own })), "m.login.password")
  const sso = { type: "m.login.sso", identity_providers: [{ id: "oidc-dex" }] }
  assert.equal(readLoginFlows(answer(200, { flows: [sso, ...own] })), "m.login.password")
  assert.equal(readLoginFlows(answer(200, { flows: [sso, { type: "m.login.token" }] })), "m.login.sso, m.login.token")
})

test("single sign-on of Synapse's own is not taken for MAS", () => {
  const flow = { type: "m.login.sso", oauth_aware_preferred: false }
  assert.equal(readLoginFlows(answer(200, { flows: [flow] })), "m.login.sso")
  const marked = { type: "m.login.password", oauth_aware_preferred: true }
  assert.equal(readLoginFlows(answer(200, { flows: [marked] })), "m.login.password")
})

test("a delegated Synapse does not serve log-in itself", () => {
  assert.equal(readLoginFlows(unrecognised), "not served")
})

test("the issuer is read from the metadata byte for byte, slash or not", async () => {
  assert.equal(readAuthMetadata(await recorded("discovery")), "http://127.0.0.1:8090/")
  assert.equal(readAuthMetadata(answer(200, { issuer: "https://auth.example.org" })), "https://auth.example.org")
  assert.equal(readAuthMetadata(answer(404, { errcode: "M_NOT_FOUND" })), "not served")
})

test("the issuer is read from the well-known by its own key", () => {
  const others = { "m.homeserver": { base_url: "https://matrix.example.org" }, issuer: "https://wrong.example/" }
  const told = { ...others, "org.matrix.msc2965.authentication": { issuer, account: `${issuer}account/` } }
  assert.equal(readWellKnown(answer(200, told)), issuer)
  assert.equal(readWellKnown(answer(200, others)), "names no issuer")
  for (const value of [null, "x", [], { account: "x" }, { issuer: 1 }]) {
    assert.equal(readWellKnown(answer(200, { "org.matrix.msc2965.authentication": value })), "names no issuer")
  }
  assert.equal(readWellKnown(answer(404, {})), "not served")
})

test("log-out and refresh are served by whoever knows them, also with a refusal of what we sent", async () => {
  const logout = await recorded("log-out, unknown token")
  const refresh = await recorded("compat refresh, unknown")
  assert.equal(readRoutes({ logout, refresh }), "served")
  assert.equal(readRoutes({ logout, refresh: unrecognised }), "refresh not served: no route to MAS")
  assert.equal(
    readRoutes({ logout: unrecognised, refresh: unrecognised }),
    "logout and refresh not served: no route to MAS",
  )
})

test("what is no answer to the question says so, with its status and its first words", async () => {
  const nonsense = (status: number, words: string) => `an answer that makes no sense (HTTP ${status}${words})`
  const words = {
    "": ", nothing in it",
    "<html>": "",
    null: ': "null"',
    "[]": ': "[]"',
    "7": ': "7"',
    '{"flows": "none"}': ': "{"flows": "none"}"',
    '{"flows": [null]}': ': "{"flows": [null]}"',
  }
  for (const [text, shown] of Object.entries(words)) {
    assert.equal(readLoginFlows({ status: 200, text }), nonsense(200, shown), text)
    assert.equal(readAuthMetadata({ status: 200, text }), nonsense(200, shown), text)
  }
  for (const text of ["", "<html>", "null", "7"] as const)
    assert.equal(readWellKnown({ status: 200, text }), nonsense(200, words[text]), text)
  const gateway = { status: 502, text: "<h1>Bad\u001b[1m Gateway</h1>", headers: { "content-type": "text/html" } }
  const seen = nonsense(502, ', text/html: "Bad\\u001b[1m Gateway"')
  assert.equal(readLoginFlows(gateway), seen)
  assert.equal(readAuthMetadata(gateway), seen)
  assert.equal(readWellKnown(gateway), seen)
  const logout = await recorded("log-out, unknown token")
  assert.equal(readRoutes({ logout, refresh: gateway }), `refresh: ${seen}`)
  assert.equal(
    readRoutes({ logout: unrecognised, refresh: gateway }),
    `logout not served: no route to MAS; refresh: ${seen}`,
  )
})

test("log-out and refresh are refused in Matrix' words by who serves them: nothing else counts", async () => {
  const refresh = await recorded("compat refresh, unknown")
  const limited = answer(429, { errcode: "M_LIMIT_EXCEEDED" })
  assert.equal(readRoutes({ logout: limited, refresh }), "served")
  for (const logout of [
    ...[200, 204, 301, 405, 500, 502, 503].map((status) => answer(status, { errcode: "M_UNKNOWN_TOKEN" })),
    ...[200, 401, 403, 405].map((status) => answer(status, { message: "no" })),
    ...[200, 400, 401].map((status) => ({ status, text: "<html>" })),
    answer(400, { errcode: "M_UNRECOGNIZED" }),
  ])
    assert.match(readRoutes({ logout, refresh }), /^logout: an answer that makes no sense \(HTTP \d+/)
})

test("where nobody answers, that is what is seen", () => {
  const none = { status: 0, text: "matrix.example.org cannot be reached: connect ECONNREFUSED" }
  const seen = `no answer: ${none.text}`
  for (const read of [readLoginFlows, readAuthMetadata, readWellKnown]) assert.equal(read(none), seen)
  assert.equal(readRoutes({ logout: none, refresh: none }), `logout: ${seen}; refresh: ${seen}`)
})

test("legacy and delegated differ in all that clients log in by", () => {
  const legacy = expectedView({ issuer: null, wellKnownIssuer: "names no issuer" })
  const delegated = expectedView({ issuer, wellKnownIssuer: issuer })
  for (const key of ["loginFlows", "loginFlowsOfSynapse", "authMetadata", "wellKnown"] as const) {
    assert.notEqual(legacy[key], delegated[key], key)
  }
  assert.equal(legacy.logoutAndRefresh, delegated.logoutAndRefresh, "both are served, by whomever")
})

function answer(status: number, document: object): Answer {
  return { status, text: JSON.stringify(document) }
}

/** What the real MAS 1.22.0 answered. */
async function recorded(name: string): Promise<Answer> {
  const exchange = (await recordedExchanges()).find((one) => one.name === name) ?? assert.fail(`no exchange ${name}`)
  return { status: exchange.status, text: exchange.text ?? JSON.stringify(exchange.json) }
}
