import assert from "node:assert/strict"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, suite, test } from "node:test"
import { execa } from "execa"
import pRetry from "p-retry"
import { openHost } from "../../../components/host/open-host.ts"
import type { DelegatedAuthInputs } from "../../../components/synapse/plan-delegation.ts"
import { readSynapseVersion } from "../../../components/synapse/running-version.ts"
import { lookAtSynapse } from "../../../components/synapse/synapse-runs.ts"
import { isSynapseDelegated } from "../../../components/synapse/synapse-state.ts"
import { prepareSynapse, synapseVersion } from "../../offline/images/images.ts"
import { findOrStartDocker } from "../../offline/toolchain/docker.ts"

/** What somebody did by hand: passwords back, beside the block. */
const edited = `server_name: example.org
report_stats: false
macaroon_secret_key: m4caroon
signing_key: "ed25519 a_abcd ab2RmP1w6F6TLQZ0Xa1eDZ2g5IyqOQ5lDmxgnmnCJQM"
database: {name: sqlite3, args: {database: ":memory:"}}
matrix_authentication_service: {enabled: true, endpoint: 'http://mas:8080/', secret: sh4red}
password_config: {enabled: true}
`

suite(`a Synapse ${synapseVersion} that an edit keeps from starting`, { concurrency: false }, () => {
  const host = openHost({ kind: "local" })
  const cleaning = new AsyncDisposableStack()
  let inputs: DelegatedAuthInputs

  before(async () => {
    const { cli, environment } = await findOrStartDocker(() => {})
    const image = await prepareSynapse(synapseVersion, { docker: cli, environment })
    const folder = await mkdtemp(join(tmpdir(), "crash-loop-"))
    cleaning.defer(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, "homeserver.yaml")
    await writeFile(file, edited)
    const container = `crash-loop-${process.pid}-${Date.now().toString(36)}`
    cleaning.defer(async () => void (await execa(cli, ["rm", "--force", "--volumes", container])))
    const words = [
      "--user",
      "0:0",
      "--env",
      "UID=0",
      "--env",
      "GID=0",
      "--restart",
      "always",
      "--volume",
      `${folder}:/data`,
      image,
    ]
    await execa(cli, ["run", "--detach", "--name", container, ...words])
    // Before it has ended once, it is one that is being started: on a busy machine that takes longer than anybody waits.
    const hasEnded = async () => {
      const { stdout } = await execa(cli, ["inspect", "--format", "{{.RestartCount}}", container])
      if (Number(stdout) === 0) throw new Error("it has not ended yet")
    }
    await pRetry(hasEnded, { retries: 120, minTimeout: 500, factor: 1 })
    const service = { name: "synapse", container, engine: [cli] as const }
    inputs = {
      host: { kind: "local" },
      file,
      keptAt: join(folder, "delegated-auth.kept.json"),
      service,
      authentication: "delegated",
      synapseEndpoint: "http://synapse:8008/",
      endpoint: "http://mas:8080/",
      issuer: "https://auth.example.org/",
      mas: { service: { name: "mas" }, config: join(folder, "mas.yaml") },
      takeOver: [],
      window: { stateFolder: folder, leaseSeconds: 120 },
    }
  })
  after(() => cleaning.disposeAsync())

  test("is seen to be in a crash loop, with its own reason and the key at fault, and its log is told", async () => {
    const said: string[] = []
    const live = await lookAtSynapse(inputs, { host, say: (line) => void said.push(line) }, edited)
    assert.match(live ?? "", /^crash loop: it .*Password auth cannot be enabled .* \(at password_config\.enabled\)$/)
    assert.ok(
      said.some((line) => /^Synapse's log: .*password_config/.test(line)),
      said.join("\n"),
    )
    assert.doesNotMatch([live, ...said].join("\n"), /sh4red|m4caroon/)
  })

  test("tells its version by its image, and is delegated, as its file says", async () => {
    const synapse = { service: inputs.service, homeserverYaml: inputs.file, endpoint: inputs.synapseEndpoint }
    assert.equal((await readSynapseVersion(host, synapse)).text, synapseVersion)
    assert.equal(await isSynapseDelegated(host, synapse), true)
  })
})
