import assert from "node:assert/strict"
import { suite, test } from "node:test"
import type { Mapping } from "../../../components/config/raw.ts"
import type { Settings } from "../../../components/config/settings.ts"
import { missingContainers } from "../../../components/files/named-containers.ts"
import type { Host } from "../../../components/host/host.ts"
import { demandOwnCommands } from "../../../components/host/own-commands.ts"
import { restartPoliciesOf } from "../../../components/host/restart-policy.ts"
import { restartService, startService, stopService } from "../../../components/host/service.ts"
import { serviceVerbs } from "../../../components/host/service-address.ts"
import { logsSince } from "../../../components/host/service-log.ts"
import { runMasCli } from "../../../components/mas/mas-cli.ts"
import { demandMasCliFits } from "../../../components/mas/mas-cli-fits.ts"
import { demandMasVersion } from "../../../components/mas/mas-version.ts"
import { oneShotsOf } from "../../../components/migration/cut-over.ts"
import { findDeploymentFacts } from "../../../components/migration/deployment-kinds.ts"
import { lastStartOf } from "../../../components/migration/standstill.ts"
import { type Places, placesOf } from "../../../components/places.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { tryConfig } from "../../../components/synapse/validate-config.ts"
import { programsOf } from "../../../components/window/switch-script.ts"
import { changed, read } from "../config/valid-config.ts"
import { type Being, programsOn, type SteeredService, steeredMachine } from "../host/steered-machine.ts"

/** A service as the machine has it, and as the config says. */
interface Way extends SteeredService {
  readonly isNamed: boolean
  readonly commands: Readonly<Record<string, readonly string[]>>
}

const beings: readonly Being[] = ["container", "container with --rm", "no container"]
const subsets = Array.from({ length: 2 ** serviceVerbs.length }, (_, bits) =>
  serviceVerbs.filter((_, nth) => bits & (1 << nth)),
)

/** Every way to run a service: what it is, how it logs, whether the config names it, which commands it gives, and of what kind `cli` is. */
function waysOf(name: Way["name"]): readonly Way[] {
  const clis = [["own", "cli", name], ["docker", "exec", name], ["no-such-program"]]
  return beings.flatMap((being) =>
    (["json-file", "none"] as const).flatMap((logDriver) =>
      [true, false].flatMap((isNamed) =>
        subsets.flatMap((verbs) =>
          (verbs.includes("cli") ? clis : clis.slice(0, 1)).map((cli) => {
            const words = (verb: string) => (verb === "cli" ? cli : ["own", verb, name])
            return {
              name,
              being,
              logDriver,
              isNamed,
              commands: Object.fromEntries(verbs.map((verb) => [verb, words(verb)])),
            }
          }),
        ),
      ),
    ),
  )
}

const usual = (name: Way["name"]): Way => ({
  name,
  being: "container",
  logDriver: "json-file",
  isNamed: true,
  commands: {},
})
const byCommands = (name: Way["name"]): Way => ({
  ...{ name, being: "no container", logDriver: "json-file", isNamed: false },
  commands: Object.fromEntries(serviceVerbs.map((verb) => [verb, ["own", verb, name]])),
})

const mounts = [["/srv", "/srv"]] as const

/** What preview looks at of how services run; the keys by which it refuses, none: it gives a plan. */
async function previewOf(synapse: Way, mas: Way): Promise<{ readonly places: Places } | { readonly refused: string }> {
  const section = ({ name, isNamed, commands }: Way) => ({ container: isNamed ? name : undefined, commands })
  const config = changed({ synapse: section(synapse), mas: section(mas) })
  const settings = settingsOf(config)
  if (settings instanceof Refusal) return { refused: settings.next }
  const places = placesOf(settings)
  const host = steeredMachine([synapse, mas], mounts)
  const containers = Object.fromEntries(
    Object.entries(places.containers).filter(([key]) => /^(synapse|mas)\./.test(key)),
  )
  try {
    for (const missing of await missingContainers(host, containers)) throw missing
    await demandOwnCommands(host, places.delegation.service)
    await demandMasCliFits(host, places.mas)
    await demandMasVersion(host, places.mas)
    const { file: homeserverYaml, service, synapseEndpoint: endpoint } = places.delegation
    const findings = await findDeploymentFacts(host, {
      synapse: { service, homeserverYaml, endpoint },
      mas: places.mas,
      homeserver: {},
    })
    await tryConfig(host, { service, homeserverYaml, endpoint }, "{}", places.delegation.window)
    const errors = findings.filter(({ kind }) => kind.severity === "error")
    if (errors.length > 0) return { refused: errors.map(({ kind, first }) => `${kind.name}: ${first}`).join("; ") }
  } catch (error) {
    if (error instanceof Refusal) return { refused: `${error.code} ${error.what} ${error.where.keyPath ?? ""}` }
    throw error
  }
  return { places }
}

const known = new Map<string, Settings | Refusal>()

/** What comes of a config: many ways to run a service have the same. */
function settingsOf(config: Mapping): Settings | Refusal {
  const key = JSON.stringify(config)
  const found = known.get(key) ?? readOrRefuse(config)
  known.set(key, found)
  return found
}

function readOrRefuse(config: Mapping): Settings | Refusal {
  try {
    return read(config).settings
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

/** What the cutover, a failure of it and the rollback do to the services, in their order. */
const steps: readonly (readonly [
  name: string,
  work: (host: Host, places: Places, programs: readonly string[]) => Promise<unknown>,
])[] = [
  ["stop-mas-to-rehearse", (host, { mas }) => stopService(host, mas.service)],
  ["check", (host, { mas }) => ran(runMasCli(host, mas, { purpose: "syn2mas", argv: ["syn2mas", "check"] }))],
  ["start-mas-after-rehearsal", (host, { mas }) => startService(host, mas.service)],
  [
    "try-config",
    async (host, { delegation: { service, file: homeserverYaml, synapseEndpoint: endpoint, window } }) => {
      const { refusal } = await tryConfig(host, { service, homeserverYaml, endpoint }, "{}", window)
      assert.equal(refusal, undefined)
    },
  ],
  [
    "arm-switch",
    async (host, { mas, delegation: { service } }, programs) => {
      const policies = [...(await restartPoliciesOf(host, service)), ...(await restartPoliciesOf(host, mas.service))]
      for (const one of programsOf({ service, end: oneShotsOf(mas), policies }))
        assert.ok(programs.includes(one), `there is no ${one}`)
    },
  ],
  [
    "stop-synapse",
    async (host, { delegation: { service } }) => {
      await stopService(host, service)
      await lastStartOf(host, service)
    },
  ],
  ["stop-mas", (host, { mas }) => stopService(host, mas.service)],
  ["migrate", (host, { mas }) => ran(runMasCli(host, mas, { purpose: "syn2mas", argv: ["syn2mas", "migrate"] }))],
  [
    "start-mas",
    async (host, { mas }) => {
      await startService(host, mas.service)
      await logsSince(host, mas.service, new Date())
    },
  ],
  ["restart-synapse", (host, { delegation: { service } }) => restartService(host, service)],
  ["put back", (host, { delegation: { service } }) => startService(host, service)],
]

async function ran(work: ReturnType<typeof runMasCli>): Promise<void> {
  const { exitCode, stderr } = await work
  assert.equal(exitCode, 0, stderr)
}

/** Each way beside the usual one of the other service; where it is no container, also beside another that is none. */
function pairsOf(name: Way["name"]): readonly { readonly synapse: Way; readonly mas: Way }[] {
  const other = name === "mas" ? "synapse" : "mas"
  return waysOf(name).flatMap((way) => {
    const others = way.being === "no container" ? [usual(other), byCommands(other)] : [usual(other)]
    return others.map((one) => (name === "mas" ? { synapse: one, mas: way } : { synapse: way, mas: one }))
  })
}

suite("whatever way services run, preview gives a plan that can be carried out, or refuses it by name", () => {
  const pairs = { synapse: pairsOf("synapse"), mas: pairsOf("mas") }
  for (const [which, all] of Object.entries(pairs)) {
    test(`every way to run ${which}`, async (t) => {
      const counts = { planned: 0, refused: 0 }
      for (const { synapse, mas } of all) {
        const told = JSON.stringify({ synapse, mas })
        const preview = await previewOf(synapse, mas)
        if ("refused" in preview) {
          counts.refused += 1
          assert.match(preview.refused, /\b(synapse|mas)\b/, told)
          continue
        }
        counts.planned += 1
        const host = steeredMachine([synapse, mas], mounts)
        for (const [name, work] of steps) {
          await work(host, preview.places, programsOn([synapse, mas])).catch((error: Error) => {
            throw new Error(`${name}: ${error.message}\n${told}`, { cause: error })
          })
        }
      }
      t.diagnostic(`${counts.planned} planned and carried out, ${counts.refused} refused`)
      assert.ok(counts.planned > 20 && counts.refused > 20, JSON.stringify(counts))
    })
  }
})
