import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { readElementVersion } from "../../../components/web/element-version.ts"
import { lifecycle as webConfig } from "../../../components/web/web-config.provider.ts"
import { lifecycle as wellKnown } from "../../../components/web/well-known.provider.ts"
import { host, testFile } from "../files/scenery.ts"
import { refusal } from "../host/scenery.ts"
import { serve } from "./homeserver.ts"

const issuer = "https://auth.example.org/"
const context = { host, say: () => {} }
const key = "org.matrix.msc2965.authentication"
const clientId = "0000000000ZAWSKN43P1V1DZDF"

const document = `{
    "m.homeserver": {"base_url": "https://matrix.example.org"},
    "org.matrix.msc4143.rtc_foci": [ {"type": "livekit"} ]
}
`
const config = `{
  "default_server_config": { "m.homeserver": { "base_url": "https://matrix.example.org" } },
  "features": {"feature_video_rooms": true},
  "brand": "Ours"
}
`

test("delegated, the well-known names issuer and account page; in legacy every byte is as before", async (t) => {
  const file = await testFile(t, document, "json")
  const inputs = { host: { kind: "local" }, file: file.path, keptAt: file.keptAt, issuer } as const
  const made = await wellKnown.converge(inputs, undefined, context)
  const served = JSON.parse(await file.text())
  assert.deepEqual(served, { ...JSON.parse(document), [key]: { issuer, account: `${issuer}account/` } })
  assert.deepEqual(await wellKnown.converge({ ...inputs, issuer: null }, made, context), { revision: 2 })
  assert.equal(await file.text(), document)
})

test("an issuer that lost its slash by hand is drift, and converging mends it", async (t) => {
  const file = await testFile(t, document, "json")
  const inputs = { host: { kind: "local" }, file: file.path, keptAt: file.keptAt, issuer } as const
  const state = { ...inputs, ...(await wellKnown.converge(inputs, undefined, context)) }
  await file.edit(`"${issuer}"`, '"https://auth.example.org"')
  const drifted = await wellKnown.read(state, context)
  assert.equal(drifted?.managed?.[`["${key}"].issuer`], "https://auth.example.org")
  await wellKnown.converge(inputs, state, context)
  assert.equal(JSON.parse(await file.text())[key].issuer, issuer)
})

test("in legacy, a key that somebody else put there is left alone", async (t) => {
  const others = `{"${key}": {"issuer": "https://other.example/"}}`
  const file = await testFile(t, others, "json")
  const inputs = { host: { kind: "local" }, file: file.path, keptAt: file.keptAt, issuer: null } as const
  assert.deepEqual(await wellKnown.converge(inputs, undefined, context), { revision: 0 })
  await wellKnown.converge({ ...inputs, issuer }, undefined, context)
  assert.equal(JSON.parse(await file.text())[key].issuer, issuer)
  await wellKnown.converge(inputs, undefined, context)
  assert.equal(await file.text(), others)
})

test("delegated, Element logs in natively with the client that MAS knows; in legacy every byte is as before", async (t) => {
  const { file, inputs } = await element(t, "1.12.3")
  await webConfig.converge(inputs, undefined, context)
  assert.deepEqual(JSON.parse(await file.text()), {
    ...JSON.parse(config),
    features: { feature_video_rooms: true, feature_oidc_native_flow: true },
    oidc_static_clients: { [issuer]: { client_id: clientId } },
  })
  await webConfig.converge({ ...inputs, issuer: null }, undefined, context)
  assert.equal(await file.text(), config)
})

test("an Element without a client of its own registers itself: no id is written", async (t) => {
  const { file, inputs } = await element(t, "1.12.3")
  await webConfig.converge({ ...inputs, clientId: null }, undefined, context)
  assert.ok(!("oidc_static_clients" in JSON.parse(await file.text())))
})

test("an Element that is too old for MAS is refused in the check, with the version to go to", async (t) => {
  const { file, inputs } = await element(t, "1.11.49")
  const { what, next } = await refusal(
    Promise.resolve(webConfig.check?.(inputs, undefined, context)),
    "element/too-old",
  )
  assert.match(what, /1\.11\.49/)
  assert.match(next, /1\.11\.50/)
  assert.equal(await file.text(), config)
})

test("versions are compared as versions: the oldest that will do does, and a prerelease of it does not", async (t) => {
  for (const version of ["1.11.50", "1.11.101", "1.12.0", "2.0.0"]) {
    const { inputs } = await element(t, version)
    await webConfig.check?.(inputs, undefined, context)
  }
  for (const version of ["1.11.50-rc.1", "1.9.100"]) {
    const { inputs } = await element(t, version)
    await refusal(Promise.resolve(webConfig.check?.(inputs, undefined, context)), "element/too-old")
  }
})

test("in legacy nobody asks Element for its version", async (t) => {
  const { inputs, site } = await element(t, "0.0.1")
  await webConfig.check?.({ ...inputs, issuer: null }, undefined, context)
  assert.deepEqual(site.asked, [])
})

test("the version is found beside a site that lives in a folder, with a line's end or without", async (t) => {
  const site = await serve(t, { "/app/version": [200, "1.12.3\n"] })
  assert.equal(await readElementVersion(`${site.url}app/`), "1.12.3")
})

test("a site that is no Element is refused before anything is written", async (t) => {
  for (const answer of [
    [404, "nothing"],
    [200, "<html></html>"],
    [200, ""],
    [502, "1.12.3"],
  ] as const) {
    const { file, inputs } = await element(t, answer[1], answer[0])
    const work = Promise.resolve(webConfig.check?.(inputs, undefined, context))
    const { where } = await refusal(work, "element/version-unknown")
    assert.equal(where.url, `${inputs.url}version`)
    assert.equal(await file.text(), config)
  }
})

async function element(t: TestContext, version: string, status = 200) {
  const site = await serve(t, { "/version": [status, version] })
  const file = await testFile(t, config, "json")
  const inputs = {
    host: { kind: "local" },
    file: file.path,
    keptAt: file.keptAt,
    issuer,
    clientId,
    url: site.url,
    minimumVersion: "1.11.50",
  } as const
  return { site, file, inputs }
}
