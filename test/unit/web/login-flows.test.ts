import assert from "node:assert/strict"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { isInUse, markInUse } from "../../../components/files/in-use.ts"
import { openHost } from "../../../components/host/open-host.ts"
import { type LoginFlowsInputs, lifecycle } from "../../../components/web/login-flows.provider.ts"
import { refusal, temporaryFolder } from "../host/scenery.ts"
import { serveRecorded } from "../login-surface/recorded-site.ts"
import { delegatedSynapse, legacySynapse, masRoutes, type Served, serve, serviceAt } from "./homeserver.ts"

const issuer = "https://auth.example.org/"
const host = openHost({ kind: "local" })
const context = { host, say: () => {} }
const key = "org.matrix.msc2965.authentication"

test("a legacy server is seen as one: passwords, no metadata, a well-known without an issuer", async (t) => {
  const { inputs } = await legacyServer(t)
  const seen = {
    loginFlows: "m.login.password",
    loginFlowsOfSynapse: "m.login.password",
    authMetadata: "not served",
    wellKnown: "names no issuer",
    logoutAndRefresh: "served",
  }
  assert.deepEqual(await wanted(inputs), seen)
  assert.deepEqual(await live(inputs), seen)
  assert.deepEqual(await lifecycle.converge({ ...inputs, seen }, undefined, context), {})
})

test("a delegated server is seen as one: MAS by the proxy, nothing at Synapse, one issuer everywhere", async (t) => {
  const { inputs } = await delegatedServer(t)
  const seen = {
    loginFlows: "m.login.sso, delegated to MAS",
    loginFlowsOfSynapse: "not served",
    authMetadata: issuer,
    wellKnown: issuer,
    logoutAndRefresh: "served",
  }
  assert.deepEqual(await wanted(inputs), seen)
  assert.deepEqual(await live(inputs), seen)
  assert.deepEqual(await lifecycle.converge({ ...inputs, seen }, undefined, context), {})
})

test("each thing that somebody changes is drift in its own word", async (t) => {
  const { inputs, proxy, synapse } = await delegatedServer(t)
  const before = { proxy: proxy.answers, synapse: synapse.answers }
  const { "/_matrix/client/v3/refresh": _, ...withoutRefresh } = before.proxy
  const changes = {
    logoutAndRefresh: [() => (proxy.answers = withoutRefresh), "refresh not served: no route to MAS"],
    loginFlows: [() => (proxy.answers = { ...before.proxy, ...legacySynapse }), "m.login.password"],
    loginFlowsOfSynapse: [() => (synapse.answers = legacySynapse), "m.login.password"],
    authMetadata: [
      () => (proxy.answers = { ...before.proxy, ...delegatedSynapse("https://auth.example.org") }),
      "https://auth.example.org",
    ],
    wellKnown: [() => (proxy.answers = { ...before.proxy, "/well-known": [200, {}] }), "names no issuer"],
  } as const
  const expected = await wanted(inputs)
  for (const [word, [change, now]] of Object.entries(changes)) {
    change()
    assert.deepEqual(await live(inputs), { ...expected, [word]: now })
    Object.assign(proxy, { answers: before.proxy })
    Object.assign(synapse, { answers: before.synapse })
  }
})

test("in legacy, an issuer that somebody else put into the well-known is expected to be served", async (t) => {
  const { inputs, proxy } = await legacyServer(t)
  const document = { [key]: { issuer: "https://other.example/" } }
  await writeFile(inputs.wellKnownFile, JSON.stringify(document))
  assert.equal((await wanted(inputs)).wellKnown, "https://other.example/")
  assert.equal((await live(inputs)).wellKnown, "names no issuer", "what is served is not what stands in the file")
  proxy.answers = { ...proxy.answers, "/well-known": [200, document] }
  assert.equal((await live(inputs)).wellKnown, "https://other.example/")
})

test("in legacy, single sign-on without a password form is as good a log-in", async (t) => {
  const { inputs, proxy, synapse } = await legacyServer(t)
  const flows = [200, { flows: [{ type: "m.login.sso" }] }] as const
  for (const server of [proxy, synapse]) server.answers = { ...server.answers, "/_matrix/client/v3/login": flows }
  assert.deepEqual(await wanted(inputs), await live(inputs))
  assert.equal((await wanted(inputs)).loginFlows, "m.login.sso")
})

test("what a cache may hold is asked past it, and nothing is asked that would change something", async (t) => {
  const { inputs, proxy } = await delegatedServer(t)
  await live(inputs)
  assert.equal(proxy.asked.length, 5)
  for (const question of proxy.asked) assert.match(question, /\?matrix-auth=\d+$/)
  const posted = proxy.asked.filter((question) => question.startsWith("POST")).map((question) => question.split("?")[0])
  assert.deepEqual(posted.toSorted(), ["POST /_matrix/client/v3/logout", "POST /_matrix/client/v3/refresh"])
})

test("what clients see may settle for a while after a reload", async (t) => {
  const { inputs, proxy } = await delegatedServer(t)
  const settled = proxy.answers
  proxy.answers = { ...settled, "/well-known": [502, "<html>"] }
  const work = lifecycle.converge({ ...inputs, seen: await wanted(inputs) }, undefined, context)
  while (proxy.asked.length < 5) await new Promise(setImmediate)
  proxy.answers = settled
  assert.deepEqual(await work, {})
})

test("what does not settle is refused, with each difference: expected and seen", async (t) => {
  const { inputs, proxy } = await delegatedServer(t)
  const { "/_matrix/client/v3/login": login, ...others } = proxy.answers
  assert.ok(login)
  proxy.answers = { ...others, "/well-known": [200, {}] }
  const seen = await wanted(inputs)
  // Each look takes twenty seconds, by this clock.
  const clock = { seconds: 0 }
  t.mock.method(performance, "now", () => {
    clock.seconds += 20
    return clock.seconds * 1000
  })
  const work = lifecycle.converge({ ...inputs, seen }, undefined, context)
  const { meaning, where } = await refusal(work, "web/clients-see-otherwise")
  assert.equal(where.url, proxy.url)
  assert.equal(
    meaning,
    `loginFlows: expected m.login.sso, delegated to MAS, seen not served. wellKnown: expected ${issuer}, seen names no issuer.`,
  )
})

test("endpoints of a log-in that are not right are drift, each with its address, and refused when they last", async (t) => {
  const site = await serveRecorded(t)
  const { inputs } = await delegatedServer(t)
  const { homeserverUrl, wellKnownUrl, issuer: to, origin } = site.places
  const all = { ...inputs, homeserverUrl, wellKnownUrl, issuer: to, origin }
  assert.deepEqual((await lifecycle.read(all, context))?.amiss, [])
  site.instead.set("GET /authorize", (response) => response.writeHead(502).end("Bad Gateway"))
  const state = await lifecycle.read(all, context)
  const item = {
    kind: "served",
    where: { url: `${to}authorize`, keyPath: "authorizePage" },
    live: 'not served (HTTP 502: "Bad Gateway")',
    wanted: "MAS, which misses the parameters of a log-in (400)",
  }
  const checked = await lifecycle.check?.(all, state, context)
  assert.deepEqual(checked?.drift?.at(-1), item)
  assert.deepEqual(checked?.inputs.amiss, [])
  const clock = { seconds: 0 }
  t.mock.method(performance, "now", () => {
    clock.seconds += 20
    return clock.seconds * 1000
  })
  const { meaning } = await refusal(lifecycle.converge(all, undefined, context), "web/clients-see-otherwise")
  assert.ok(meaning.endsWith(` authorizePage (${to}authorize): expected ${item.wanted}, seen ${item.live}.`), meaning)
})

test("in legacy, and in a state of before, no endpoint is looked at", async (t) => {
  const site = await serveRecorded(t)
  const { inputs } = await delegatedServer(t)
  const { issuer: to, origin } = site.places
  for (const less of [
    { ...inputs, issuer: null, origin },
    { ...inputs, issuer: to },
  ])
    assert.deepEqual((await lifecycle.read(less, context))?.amiss, [])
  assert.deepEqual(site.asked, [])
})

test("a homeserver that nobody serves is what clients see, and no failure of ours", async (t) => {
  const { inputs } = await delegatedServer(t)
  const nowhere = { ...inputs, homeserverUrl: "http://127.0.0.1:9/", wellKnownUrl: "http://127.0.0.1:9/well-known" }
  const { loginFlows, wellKnown, logoutAndRefresh } = await live(nowhere)
  for (const seen of [loginFlows, wellKnown, logoutAndRefresh])
    assert.match(seen, /no answer: 127\.0\.0\.1:9 cannot be reached/)
})

test("a delegated server's stack is not destroyed; a legacy one's is, and it is marked as no longer in use", async (t) => {
  const delegated = await delegatedServer(t)
  await markInUse(context.host, delegated.inputs.stateFolder)
  const { next } = await refusal(lifecycle.remove(delegated.inputs, context), "web/still-delegated")
  assert.match(next, /authentication legacy/)
  assert.ok(await isInUse(context.host, delegated.inputs.stateFolder))
  const legacy = await legacyServer(t)
  await markInUse(context.host, legacy.inputs.stateFolder)
  await lifecycle.remove(legacy.inputs, context)
  assert.ok(!(await isInUse(context.host, legacy.inputs.stateFolder)))
})

interface Server {
  readonly inputs: LoginFlowsInputs
  /** The public address: the proxy in front. */
  readonly proxy: Served
  readonly synapse: Served
}

async function legacyServer(t: TestContext): Promise<Server> {
  const synapse = await serve(t, legacySynapse)
  const proxy = await serve(t, { ...legacySynapse, "/well-known": [200, {}] })
  return { proxy, synapse, inputs: await inputsFor(t, null, { proxy, synapse }) }
}

async function delegatedServer(t: TestContext): Promise<Server> {
  const synapse = await serve(t, delegatedSynapse(issuer))
  const wellKnown = { "/well-known": [200, { [key]: { issuer } }] } as const
  const proxy = await serve(t, { ...synapse.answers, ...(await masRoutes()), ...wellKnown })
  return { proxy, synapse, inputs: await inputsFor(t, issuer, { proxy, synapse }) }
}

async function inputsFor(t: TestContext, to: string | null, { proxy, synapse }: Omit<Server, "inputs">) {
  const stateFolder = await temporaryFolder(t)
  const wellKnownFile = join(stateFolder, "client.json")
  await writeFile(wellKnownFile, "{}")
  return {
    host: { kind: "local" },
    issuer: to,
    stateFolder,
    isProtected: true,
    homeserverUrl: proxy.url,
    wellKnownUrl: `${proxy.url}well-known`,
    wellKnownFile,
    synapse: serviceAt(synapse),
  } as const
}

async function wanted(inputs: LoginFlowsInputs) {
  const checked = await lifecycle.check?.(inputs, undefined, context)
  return checked?.inputs.seen ?? assert.fail("the check expects nothing")
}

async function live(inputs: LoginFlowsInputs) {
  return (await lifecycle.read(inputs, context))?.seen ?? assert.fail("nothing is seen")
}
