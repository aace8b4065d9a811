import assert from "node:assert/strict"
import { once } from "node:events"
import { readFile, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { dirname, join } from "node:path"
import { before, type TestContext, test } from "node:test"
import { Document, parse, parseDocument } from "yaml"
import { makeChange } from "../../../components/files/managed-file.ts"
import { type DelegatedAuthInputs, planDelegation } from "../../../components/synapse/plan-delegation.ts"
import { host, type TestFile, testFile } from "../files/scenery.ts"

/** A key of homeserver.yaml that names a file, in the place of one that holds the secret itself. */
interface PathKey {
  readonly key: string
  readonly inline: string
  readonly content?: string
  /** Lines that it needs around it. */
  readonly with?: string
  /** What is taken out while delegated, and the key with it. */
  readonly goesWhenDelegated?: string
}

const { keys } = JSON.parse(await readFile(join(import.meta.dirname, "path-keys.json"), "utf8")) as {
  keys: readonly PathKey[]
}

let synapseEndpoint: string
before(async () => {
  const server = createServer((_, response) => response.setHeader("server", "Synapse/1.163.2").end("{}"))
  await once(server.listen(0, "127.0.0.1"), "listening")
  server.unref()
  synapseEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})

/** A server whose homeserver.yaml names such a file, and a MAS that has the shared secret in its config, or in a file too. */
async function serverWith(t: TestContext, one: PathKey, ofMas = "matrix: {secret: sh4red}\n") {
  const file = await testFile(t, "")
  const secretFile = join(dirname(file.path), "secret-file")
  await writeFile(secretFile, one.content ?? "of no interest")
  const document = parseDocument(`# ours\nserver_name: example.org\n${one.with ?? ""}\n`)
  document.setIn(steps(one.key), secretFile)
  await writeFile(file.path, document.toString())
  const config = await testFile(t, ofMas, "yaml12")
  const inputs = (authentication: DelegatedAuthInputs["authentication"]): DelegatedAuthInputs => ({
    host: { kind: "local" },
    file: file.path,
    keptAt: file.keptAt,
    service: { name: "synapse", commands: { start: ["false"], restart: ["false"] } },
    authentication,
    synapseEndpoint,
    endpoint: "http://mas:8080/",
    issuer: "https://auth.example.org/",
    mas: { service: { name: "mas", commands: { start: ["false"], cli: ["false"] } }, config: config.path },
    takeOver: ["oidc_providers"],
    window: { stateFolder: dirname(file.keptAt), leaseSeconds: 300 },
  })
  const go = async (authentication: DelegatedAuthInputs["authentication"]) =>
    makeChange(host, file, await planDelegation(host, inputs(authentication)))
  return { file, secretFile, config, go }
}

async function standing(file: TestFile, { key, inline }: PathKey) {
  const document = new Document(parse(await file.text()))
  return { file: document.getIn(steps(key)), inline: document.getIn(steps(inline)) }
}

for (const one of keys) {
  test(`${one.key} is left in use while delegated, and given back byte for byte`, async (t) => {
    const { file, secretFile, go } = await serverWith(t, one)
    const original = await file.text()
    for (const turn of [1, 2]) {
      await go("delegated")
      const named = one.goesWhenDelegated === undefined ? secretFile : undefined
      assert.deepEqual(await standing(file, one), { file: named, inline: undefined }, `turn ${turn}`)
      assert.equal(parse(await file.text()).matrix_authentication_service.enabled, true)
      await go("legacy")
      assert.equal(await file.text(), original)
    }
  })
}

const shared = keys.find(({ key }) => key === "matrix_authentication_service.secret_path") ?? assert.fail()

test("the file of the shared secret is left in use also where MAS has it in a file", async (t) => {
  const ofMas = await testFile(t, "sh4red")
  const { file, secretFile, go } = await serverWith(t, shared, `matrix: {secret_file: ${JSON.stringify(ofMas.path)}}\n`)
  await go("delegated")
  assert.deepEqual(await standing(file, shared), { file: secretFile, inline: undefined })
})

for (const [what, content] of [
  ["another secret", "0ther"],
  ["nothing", ""],
] as const) {
  test(`a file with ${what} gives way to MAS's secret, and comes back in legacy, where Synapse starts with it`, async (t) => {
    const { file, secretFile, go } = await serverWith(t, { ...shared, content })
    const original = await file.text()
    await go("delegated")
    assert.deepEqual(await standing(file, shared), { file: undefined, inline: "sh4red" })
    await go("delegated")
    assert.deepEqual(await standing(file, shared), { file: undefined, inline: "sh4red" })
    await go("legacy")
    assert.equal(await file.text(), original)
    assert.match(original, new RegExp(secretFile))
  })
}

test("a secret that somebody writes beside the file that is in use goes again: Synapse refuses both", async (t) => {
  const { file, secretFile, go } = await serverWith(t, shared)
  await go("delegated")
  await file.edit("secret_path:", "secret: sh4red, secret_path:")
  await go("delegated")
  assert.deepEqual(await standing(file, shared), { file: secretFile, inline: undefined })
})

/** What a manual edit leaves in the block, and what of it would keep a legacy Synapse from starting (seen with 1.163.2). */
for (const [what, from, to, key] of [
  ["a file that is not there", "enabled: true", "enabled: true\n  secret_path: /nowhere/secret", "secret_path"],
  ["a text as its switch", "enabled: true", 'enabled: "true"', "enabled"],
] as const) {
  test(`a rollback takes what an edit has left in the block, and what Synapse would not start with: ${what}`, async (t) => {
    const { file, go } = await serverWith(t, { key: "form_secret_path", inline: "form_secret" })
    await go("delegated")
    await file.edit(from, to)
    await go("legacy")
    const text = await file.text()
    assert.equal(parse(text).matrix_authentication_service?.[key], undefined)
    await go("legacy")
    assert.equal(await file.text(), text, "and it stays so")
  })
}

function steps(path: string): readonly (string | number)[] {
  return path.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step))
}
