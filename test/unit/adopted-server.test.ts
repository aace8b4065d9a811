import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { dirname } from "node:path"
import { type TestContext, test } from "node:test"
import { markInUse } from "../../components/files/in-use.ts"
import { makeChange } from "../../components/files/managed-file.ts"
import type { Host } from "../../components/host/host.ts"
import type { Context } from "../../components/lifecycle/lifecycle.ts"
import { lifecycle as delegatedAuth } from "../../components/synapse/delegated-auth.provider.ts"
import { type DelegatedAuthInputs, planDelegation } from "../../components/synapse/plan-delegation.ts"
import { type LoginFlowsInputs, lifecycle as loginFlows } from "../../components/web/login-flows.provider.ts"
import { lifecycle as webConfig } from "../../components/web/web-config.provider.ts"
import { lifecycle as wellKnown } from "../../components/web/well-known.provider.ts"
import { host, type TestFile, testFile } from "./files/scenery.ts"
import { refusal } from "./host/scenery.ts"
import { delegatedSynapse, legacySynapse, serve, serviceAt } from "./web/homeserver.ts"

/** Servers that were delegated when we came: nothing that is kept says how they were before MAS. */
const issuer = "https://auth.example.org/"
const endpoint = "http://mas:8080/"
const key = "org.matrix.msc2965.authentication"
const context: Context = { host, say: () => {} }

const block = `matrix_authentication_service:\n  enabled: true\n  endpoint: ${endpoint}\n  secret: sh4red\n`
const homeservers = {
  "the stable block": block,
  "the block in one line": `matrix_authentication_service: {enabled: true, endpoint: "${endpoint}", secret: sh4red}\n`,
  "the block with passwords off": `${block}password_config:\n  enabled: false\n  pepper: s4lt\n`,
  "the experimental block": `experimental_features:\n  msc3861:\n    enabled: true\n    issuer: ${issuer}\n    client_secret: sh4red\n`,
  "a block with a rendezvous server": `${block}experimental_features:\n  msc4108_delegation_endpoint: https://qr.example.org/\n`,
  "a block with QR codes of its own": `${block}experimental_features:\n  msc4388_mode: open\n`,
}

for (const [name, text] of Object.entries(homeservers)) {
  test(`${name}: rolled back, Synapse checks passwords itself; destroying writes and starts nothing`, async (t) => {
    const file = await testFile(t, `server_name: example.org\n${text}`)
    const inputs = delegation(file, "legacy")
    await makeChange(host, file, await planDelegation(host, inputs))
    const legacy = await file.text()
    assert.doesNotMatch(legacy, /enabled: true/)
    for (const stackIs of ["destroyed", "living"]) {
      if (stackIs === "living") await markInUse(host, dirname(file.keptAt))
      const inode = await file.inode()
      await delegatedAuth.remove({ ...inputs, revision: 1 }, { ...context, host: handsOff(file) })
      assert.equal(await file.text(), legacy)
      assert.equal(await file.inode(), inode)
      assert.deepEqual((await planDelegation(host, inputs)).difference, "", "and a stack to come finds it settled")
    }
  })
}

for (const [name, text] of Object.entries(homeservers)) {
  test(`${name}: a first \`up\` in legacy would be a rollback, which has to be meant and is told`, async (t) => {
    const file = await testFile(t, `server_name: example.org\n${text}`)
    const inputs = { ...delegation(file, "legacy"), ...(await asksSynapse(t)) }
    const check = async (one: DelegatedAuthInputs, before?: DelegatedAuthInputs) =>
      (await delegatedAuth.check?.(one, before, context))?.plan?.join("\n") ?? ""
    const { next } = await refusal(check(inputs), "synapse/rollback-not-meant")
    assert.match(next, /config set authentication delegated.*rollback\.meant true/)
    assert.match(await check({ ...inputs, isRollbackMeant: true }), /this `pulumi up` is the rollback/)
    assert.match(await check(inputs, { ...inputs, authentication: "delegated" }), /this `pulumi up` is the rollback/)
    assert.doesNotMatch(await check(inputs, inputs), /rollback/, "a stack that knows the server needs no word")
  })
}

test("a server with its own passwords is taken up in legacy without a word", async (t) => {
  const file = await testFile(t, "server_name: example.org\nmatrix_authentication_service: {enabled: false}\n")
  const inputs = { ...delegation(file, "legacy"), ...(await asksSynapse(t)) }
  assert.deepEqual((await delegatedAuth.check?.(inputs, undefined, context))?.plan, [])
})

test("the move from the experimental block to the stable one is announced, and nothing where there is none", async (t) => {
  for (const [name, text] of Object.entries(homeservers)) {
    const file = await testFile(t, `server_name: example.org\n${text}`)
    const config = await testFile(t, "matrix: {secret: sh4red}\n", "yaml12")
    const inputs = { ...delegation(file, "delegated"), ...(await asksSynapse(t)) }
    const mas = { service: inputs.service, config: config.path }
    const { plan = [] } = (await delegatedAuth.check?.({ ...inputs, mas }, undefined, context)) ?? {}
    const isAnnounced = /msc3861 moves to matrix_authentication_service, the stable block/.test(plan.join("\n"))
    assert.equal(isAnnounced, name === "the experimental block", name)
  }
})

const documents = [
  `{"m.homeserver": {"base_url": "https://matrix.example.org"}, "${key}": {"issuer": "${issuer}", "account": "${issuer}account/"}}`,
  `{"${key}": {"issuer": "${issuer.slice(0, -1)}"}, "m.homeserver": {}}`,
  `{"${key}": {"issuer": "${issuer}", "account": "https://elsewhere.example/"}}`,
]

for (const document of documents) {
  for (const firstMode of ["legacy", "delegated"] as const) {
    test(`a well-known that named MAS when we came (first ${firstMode}): ${document}`, async (t) => {
      const file = await testFile(t, document, "json")
      const legacy = {
        host: { kind: "local" },
        file: file.path,
        keptAt: file.keptAt,
        issuer: null,
        masIssuer: issuer,
      } as const
      if (firstMode === "delegated") await wellKnown.converge({ ...legacy, issuer }, undefined, context)
      await wellKnown.converge(legacy, undefined, context)
      const { [key]: _, ...others } = JSON.parse(document)
      assert.deepEqual(JSON.parse(await file.text()), others)
      assert.deepEqual(await wellKnown.converge(legacy, { revision: 7 }, context), { revision: 7 }, "and stays so")
      await wellKnown.remove({ ...legacy, revision: 7 }, { ...context, host: handsOff(file) })
      assert.deepEqual(JSON.parse(await file.text()), others, "with its stack destroyed, too")
      await wellKnown.converge({ ...legacy, issuer }, undefined, context)
      assert.equal(JSON.parse(await file.text())[key].issuer, issuer, "and there again")
      await wellKnown.converge(legacy, undefined, context)
      assert.deepEqual(JSON.parse(await file.text()), others)
    })
  }
}

test("an Element that had MAS's client when we came has neither client nor native log-in in legacy", async (t) => {
  const clientId = "0000000000ZAWSKN43P1V1DZDF"
  const document = {
    brand: "Ours",
    features: { feature_oidc_native_flow: true },
    oidc_static_clients: { [issuer]: { client_id: clientId } },
  }
  const file = await testFile(t, JSON.stringify(document), "json")
  const site = await serve(t, { "/version": [200, "1.12.3"] })
  const delegated = {
    host: { kind: "local" },
    file: file.path,
    keptAt: file.keptAt,
    issuer,
    clientId,
    url: site.url,
    minimumVersion: "1.11.50",
  } as const
  await webConfig.converge(delegated, undefined, context)
  const legacy = { ...delegated, issuer: null }
  await webConfig.converge(legacy, undefined, context)
  const rest = JSON.parse(await file.text())
  assert.equal(rest.features?.feature_oidc_native_flow, undefined)
  assert.equal(rest.oidc_static_clients?.[issuer]?.client_id, undefined)
  assert.equal(rest.brand, "Ours")
  assert.deepEqual(await webConfig.converge(legacy, { revision: 3 }, context), { revision: 3 })
  await webConfig.converge(delegated, undefined, context)
  assert.deepEqual(JSON.parse(await file.text()), document)
})

test("in legacy, clients that are still sent to MAS are told as that, whatever the file says", async (t) => {
  const synapse = await serve(t, delegatedSynapse(issuer))
  const flows = { flows: [{ type: "m.login.sso", "org.matrix.msc3824.delegated_oidc_compatibility": true }] }
  const answers = [
    delegatedSynapse(issuer),
    { ...legacySynapse, "/_matrix/client/v3/login": [200, flows] as const },
    legacySynapse,
  ]
  for (const answer of answers) {
    synapse.answers = { ...answer, "/well-known": [200, { [key]: { issuer } }] }
    const file = await testFile(t, JSON.stringify({ [key]: { issuer } }), "json")
    const inputs: LoginFlowsInputs = {
      host: { kind: "local" },
      issuer: null,
      masIssuer: issuer,
      stateFolder: dirname(file.keptAt),
      isProtected: true,
      homeserverUrl: synapse.url,
      wellKnownUrl: `${synapse.url}well-known`,
      wellKnownFile: file.path,
      synapse: serviceAt(synapse),
    }
    const wanted = (await loginFlows.check?.(inputs, undefined, context))?.inputs.seen
    const live = (await loginFlows.read(inputs, context))?.seen
    assert.equal(wanted?.wellKnown, "names no issuer")
    assert.equal(live?.wellKnown, issuer)
    assert.equal(wanted?.loginFlows, "m.login.password")
    if (answer !== legacySynapse) assert.notEqual(live?.loginFlows, wanted.loginFlows)
  }
})

function delegation(file: TestFile, authentication: "legacy" | "delegated"): DelegatedAuthInputs {
  const service = { name: "synapse", commands: { start: ["false"], restart: ["false"] } } as const
  return {
    host: { kind: "local" },
    file: file.path,
    keptAt: file.keptAt,
    service,
    authentication,
    synapseEndpoint: "http://synapse:8008/",
    endpoint,
    issuer,
    mas: { service: { name: "mas" }, config: "/nowhere" },
    takeOver: [],
    window: { stateFolder: dirname(file.keptAt), leaseSeconds: 300 },
  }
}

/** A Synapse that tells its version. */
async function asksSynapse(t: TestContext) {
  const server = createServer((_, response) => response.setHeader("server", "Synapse/1.163.2").end("{}"))
  await once(server.listen(0, "127.0.0.1"), "listening")
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { synapseEndpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

/** The document is not to be written, and no program to be run. */
function handsOff({ path }: TestFile): Host {
  const forbid = (what: string) => async (first: unknown) => {
    if (what === "exec" || first === path) assert.fail(`${what} ${String(first)}`)
  }
  const forbidden = { exec: forbid("exec"), replace: forbid("replace") } as unknown as Pick<Host, "exec" | "replace">
  const write: Host["write"] = async (first, ...rest) => {
    await forbid("write")(first)
    await host.write(first, ...rest)
  }
  return { ...host, ...forbidden, write }
}
