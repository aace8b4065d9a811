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
    "\nError in configuration at 'password_config.enabled':\n  Password auth cannot be enabled":
      "Password auth cannot be enabled (at password_config.enabled)",
    "Error in configuration:\n  Missing mandatory `server_name`:\n  more": "Missing mandatory `server_name`",
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

/** As operators write them. */
const modules = `
class LogsIn:
    def __init__(self, config, api):
        api.register_password_auth_provider_callbacks(auth_checkers={("m.login.password", ("password",)): self.check})
    async def check(self, username, login_type, login_dict):
        return None
class Harmless:
    def __init__(self, config, api):
        api.register_spam_checker_callbacks(user_may_invite=self.may)
        api.register_third_party_rules_callbacks(on_new_event=self.may)
        self.store, self.name = api._hs.get_datastores().main, api.server_name
    async def may(self, *args):
        return True
class NeedsMore:
    def __init__(self, config, api):
        raise RuntimeError("there is no database here")
`

suite(`a homeserver.yaml is tried by the real Synapse ${synapseVersion}`, { concurrency: false }, () => {
  const host = openHost({ kind: "local" })
  const world: { synapse?: SynapseAddress; elsewhere?: SynapseAddress; folder?: string; stateFolder?: string } = {}
  let image = ""
  const cleaning = new AsyncDisposableStack()

  before(async () => {
    const { cli, environment } = await findOrStartDocker(() => {})
    image = await prepareSynapse(synapseVersion, { docker: cli, environment })
    const folder = await mkdtemp(join(tmpdir(), "validate-config-"))
    cleaning.defer(() => rm(folder, { recursive: true, force: true }))
    world.stateFolder = await mkdtemp(join(tmpdir(), "validate-config-state-"))
    cleaning.defer(() => rm(world.stateFolder ?? "", { recursive: true, force: true }))
    const homeserverYaml = join(folder, "homeserver.yaml")
    await writeFile(homeserverYaml, plain)
    await writeFile(join(folder, "modules_of_ours.py"), modules)
    const container = `validate-config-${process.pid}-${Date.now().toString(36)}`
    const words = [
      "--user",
      "0:0",
      "--volume",
      `${folder}:/data`,
      "--env",
      "PYTHONPATH=/data",
      "--env",
      "PYTHONDONTWRITEBYTECODE=1",
      image,
    ]
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

  for (const [title, text, reason] of [
    [
      "a module with log-in callbacks",
      `${plain}${block}modules: [{module: modules_of_ours.LogsIn}]\n`,
      /modules_of_ours\.LogsIn: .*delegat/,
    ],
    ["a log config that is not there", `${plain}log_config: /data/nowhere.log.config\n`, /nowhere\.log\.config/],
    [
      "a worker's config",
      `${plain}worker_app: synapse.app.generic_worker\nworker_name: w\ninstance_map: {main: {host: localhost, port: 9093}}\n`,
      /worker_app/,
    ],
    [
      "registration by its other name",
      `${plain}${block}disable_registration: false\nenable_registration_without_verification: true\n`,
      /: Registration cannot be enabled when OAuth delegation is enabled/,
    ],
  ] as const) {
    test(`${title}: config read takes it, a start does not, and it is refused`, async () => {
      const { what } = await refusal(validate(text), "synapse/config-refused")
      assert.match(what, reason)
    })
  }

  test("modules that a start takes pass; one that needs a living server is told as not tried", async () => {
    const modules = "modules: [{module: modules_of_ours.Harmless}, {module: modules_of_ours.NeedsMore}]\n"
    assert.deepEqual(await validateConfig(host, here(), plain + block + modules, ours()), {
      how: "start",
      refusal: undefined,
      untried: ["modules_of_ours.NeedsMore"],
    })
    const legacy = await validateConfig(host, here(), `${plain}modules: [{module: modules_of_ours.LogsIn}]\n`, ours())
    assert.deepEqual(legacy.untried, [])
  })

  test("all files that Synapse's command names are tried together, in its order", async () => {
    const container = `validate-config-two-${process.pid}`
    const { service, homeserverYaml } = here()
    const [cli = "docker"] = service.engine ?? []
    await writeFile(join(world.folder ?? "", "more.yaml"), "password_config: {enabled: true}\n")
    const words = ["--user", "0:0", "--volume", `${world.folder}:/data`, "--entrypoint", "python", image]
    await execa(cli, [
      "create",
      "--name",
      container,
      ...words,
      "-m",
      "synapse.app.homeserver",
      "-c",
      "/data/homeserver.yaml",
      "--config-path=/data/more.yaml",
    ])
    try {
      const two = { ...here(), homeserverYaml, service: { ...service, container } }
      const { what } = await refusal(validateConfig(host, two, plain + block, ours()), "synapse/config-refused")
      assert.match(what, /Password auth cannot be enabled/)
    } finally {
      await execa(cli, ["rm", "--force", container])
      await rm(join(world.folder ?? "", "more.yaml"))
    }
  })

  test("a Synapse that is laid out otherwise is asked by config read, and that is said", async () => {
    const container = `validate-config-other-${process.pid}`
    const [cli = "docker"] = here().service.engine ?? []
    // As if there were no such module in that release: whoever imports it finds nothing.
    await writeFile(
      join(world.folder ?? "", "sitecustomize.py"),
      "import sys\nsys.modules['synapse.util.module_loader.nothing'] = None\nsys.modules['unittest.mock'] = None\n",
    )
    const words = ["--user", "0:0", "--volume", `${world.folder}:/data`, "--env", "PYTHONPATH=/data", image]
    await execa(cli, ["create", "--name", container, ...words])
    try {
      const other = { ...here(), service: { ...here().service, container } }
      const tried = await validateConfig(host, other, plain + block, ours())
      assert.deepEqual(tried, { how: "config read", refusal: undefined, untried: [] })
      await refusal(
        validateConfig(host, other, `${plain}${block}password_config: {enabled: true}\n`, ours()),
        "synapse/config-refused",
      )
    } finally {
      await execa(cli, ["rm", "--force", container])
      await rm(join(world.folder ?? "", "sitecustomize.py"))
    }
  })

  test("a service without a container is asked through its own cli", async () => {
    const [cli = "docker"] = here().service.engine ?? []
    const run = [
      cli,
      "run",
      "--rm",
      "--interactive",
      "--network",
      "none",
      "--volume",
      `${world.folder}:${world.folder}`,
      "--entrypoint",
      "",
      image,
    ] as const
    const commands = { cli: run, start: ["true"], stop: ["true"], restart: ["true"], logs: ["true"] } as const
    const alone = { ...here(), service: { name: "synapse", commands } }
    assert.equal((await validateConfig(host, alone, plain + block, ours())).how, "start")
    await refusal(
      validateConfig(host, alone, `${plain}${block}password_config: {enabled: true}\n`, ours()),
      "synapse/config-refused",
    )
    const deaf = { ...alone, service: { name: "synapse", commands: { ...commands, cli: ["false"] as const } } }
    await refusal(validateConfig(host, deaf, plain + block, ours()), "synapse/config-untried")
  })

  test("the file stays as it is, and what was tried is gone", async () => {
    await refusal(validate("server_name: [\n"), "synapse/config-refused")
    assert.equal(await host.read(here().homeserverYaml), plain)
    assert.deepEqual(await readdir(world.folder ?? ""), ["homeserver.yaml", "modules_of_ours.py"])
    assert.deepEqual(await readdir(ours().stateFolder), [])
  })

  test("a file that the container does not mount is refused: Synapse would never read it", async () => {
    const { elsewhere = assert.fail() } = world
    const { where } = await refusal(validateConfig(host, elsewhere, plain, ours()), "synapse/config-not-mounted")
    assert.equal(where.file, elsewhere.homeserverYaml)
  })

  async function validate(text: string): Promise<void> {
    await validateConfig(host, here(), text, ours())
  }

  function ours(): { readonly stateFolder: string } {
    return { stateFolder: world.stateFolder ?? assert.fail("there is no folder of ours") }
  }

  function here(): SynapseAddress {
    return world.synapse ?? assert.fail("there is no Synapse")
  }
})
