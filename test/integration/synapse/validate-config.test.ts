import assert from "node:assert/strict"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, suite, test } from "node:test"
import { execa } from "execa"
import { openHost } from "../../../components/host/open-host.ts"
import type { SynapseAddress } from "../../../components/synapse/synapse-address.ts"
import { reasonOf, validateConfig } from "../../../components/synapse/validate-config.ts"
import { prepareSynapse, synapseVersion } from "../../offline/images/images.ts"
import { findOrStartDocker } from "../../offline/toolchain/docker.ts"
import { refusal } from "../../unit/host/scenery.ts"

const deprecated = "authlib/_joserfc_helpers.py:8: AuthlibDeprecationWarning: authlib.jose module is deprecated"

test("Synapse's own reason is its last word, with the key that it names", () => {
  const words = {
    "('Registration cannot be enabled when OAuth delegation is enabled', ('enable_registration',))":
      "Registration cannot be enabled when OAuth delegation is enabled (at enable_registration)",
    "('MSC4108 requires matrix_authentication_service to be enabled', ('experimental', 'msc4108_delegation_endpoint'))":
      "MSC4108 requires matrix_authentication_service to be enabled (at experimental.msc4108_delegation_endpoint)",
    "(\"msc4388_mode must be one of 'off', 'open' or 'authenticated'\", ('experimental', 'msc4388_mode'))":
      "msc4388_mode must be one of 'off', 'open' or 'authenticated' (at experimental.msc4388_mode)",
    "SSO cannot be enabled when OAuth delegation is enabled": "SSO cannot be enabled when OAuth delegation is enabled",
    "ModuleNotFoundError: No module named 'nope'": "ModuleNotFoundError: No module named 'nope'",
  }
  for (const [said, reason] of Object.entries(words)) {
    assert.equal(reasonOf(`${deprecated}\n\n${said}\n`), reason)
  }
  assert.equal(reasonOf("\n"), "it gave no reason")
})

const plain = `server_name: example.org
report_stats: false
macaroon_secret_key: m4caroon
signing_key: "ed25519 a_abcd ab2RmP1w6F6TLQZ0Xa1eDZ2g5IyqOQ5lDmxgnmnCJQM"
database: {name: psycopg2, args: {user: s, database: s}}
`
const block = "matrix_authentication_service: {enabled: true, endpoint: 'http://mas:8080/', secret: sh4red}\n"

suite(`a homeserver.yaml is tried by the real Synapse ${synapseVersion}`, { concurrency: false }, () => {
  const host = openHost({ kind: "local" })
  const world: { synapse?: SynapseAddress; elsewhere?: SynapseAddress; folder?: string; stateFolder?: string } = {}
  const cleaning = new AsyncDisposableStack()

  before(async () => {
    const { cli, environment } = await findOrStartDocker(() => {})
    const image = await prepareSynapse(synapseVersion, { docker: cli, environment })
    const folder = await mkdtemp(join(tmpdir(), "validate-config-"))
    cleaning.defer(() => rm(folder, { recursive: true, force: true }))
    world.stateFolder = await mkdtemp(join(tmpdir(), "validate-config-state-"))
    cleaning.defer(() => rm(world.stateFolder ?? "", { recursive: true, force: true }))
    const homeserverYaml = join(folder, "homeserver.yaml")
    await writeFile(homeserverYaml, plain)
    const container = `validate-config-${process.pid}-${Date.now().toString(36)}`
    const words = ["--user", "0:0", "--volume", `${folder}:/data`, image]
    cleaning.defer(async () => void (await execa(cli, ["rm", "--force", "--volumes", container])))
    await execa(cli, ["create", "--name", container, ...words])
    const service = { name: "synapse", container, engine: [cli] as const }
    world.synapse = { service, homeserverYaml, endpoint: "http://synapse:8008/" }
    world.elsewhere = { ...world.synapse, homeserverYaml: join(tmpdir(), "homeserver.yaml") }
    world.folder = folder
  })
  after(() => cleaning.disposeAsync())

  test("what it takes passes, though the container itself does not run", async () => {
    await validate(plain)
    await validate(plain + block)
  })

  for (const [title, text, reason] of [
    [
      "passwords beside the block",
      `${plain}${block}password_config: {enabled: true}\n`,
      /: Password auth cannot be enabled when OAuth delegation is enabled \(at password_config\.enabled\)$/,
    ],
    ["a block without a secret", `${plain}matrix_authentication_service: {enabled: true}\n`, /: Could not validate/],
    ["a module that is not there", `${plain}modules: [{module: nope.Nope}]\n`, /No module named 'nope'$/],
    ["no server name", plain.replace("server_name", "other_name"), /server_name/],
  ] as const) {
    test(`${title}: it is refused for Synapse's own reason`, async () => {
      const { what, message } = await refusal(validate(text), "synapse/config-refused")
      assert.match(what, reason)
      assert.doesNotMatch(message, /sh4red|m4caroon/)
    })
  }

  test("the file stays as it is, and what was tried is gone", async () => {
    await refusal(validate("server_name: [\n"), "synapse/config-refused")
    assert.equal(await host.read(here().homeserverYaml), plain)
    assert.deepEqual(await readdir(world.folder ?? ""), ["homeserver.yaml"])
    assert.deepEqual(await readdir(ours().stateFolder), [])
  })

  test("a file that the container does not mount is refused: Synapse would never read it", async () => {
    const { elsewhere = assert.fail() } = world
    const { where } = await refusal(validateConfig(host, elsewhere, plain, ours()), "synapse/config-not-mounted")
    assert.equal(where.file, elsewhere.homeserverYaml)
  })

  function validate(text: string): Promise<void> {
    return validateConfig(host, here(), text, ours())
  }

  function ours(): { readonly stateFolder: string } {
    return { stateFolder: world.stateFolder ?? assert.fail("there is no folder of ours") }
  }

  function here(): SynapseAddress {
    return world.synapse ?? assert.fail("there is no Synapse")
  }
})
