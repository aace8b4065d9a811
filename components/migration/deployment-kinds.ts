import { posix } from "node:path"
import { askEngine } from "../host/engine.ts"
import type { Host } from "../host/host.ts"
import { environmentOf, type Inspection, knownService } from "../host/inspection.ts"
import { containerPathOf } from "../host/mounted-paths.ts"
import { containerOf, type ServiceAddress } from "../host/service-address.ts"
import { logsSince } from "../host/service-log.ts"
import { type MasAddress, ranInContainer } from "../mas/mas-cli.ts"
import { Refusal } from "../report/refusal.ts"
import type { Homeserver } from "../synapse/homeserver.ts"
import { type DelegatedAuthInputs, planDelegation } from "../synapse/plan-delegation.ts"
import type { SynapseAddress } from "../synapse/synapse-address.ts"
import { configFilesIn, tryConfig } from "../synapse/validate-config.ts"
import { findWorkers } from "../synapse/workers.ts"
import { type Finding, findingOf, type PreFlightKind } from "./finding.ts"

const workers: PreFlightKind = {
  name: "synapse-workers",
  severity: "error",
  meaning:
    "Synapse has workers beside its main process: they would serve while that stands still, and check tokens in the old way after it",
  next: "Give `synapse.commands` a start, a stop and a restart that do it for all of them, or go back to one process. What is left of workers that are gone has to go, too.",
}

const startRefused: PreFlightKind = {
  name: "start-refused",
  severity: "error",
  meaning: "Synapse, asked what it would do at a start with the homeserver.yaml that comes, would not start",
  next: "Mend the setting that it names; a module with log-in callbacks of its own has no place beside MAS.",
}

const removedWhenStopped: PreFlightKind = {
  name: "removed-when-stopped",
  severity: "error",
  meaning: "the container was started with --rm: once it is stopped for the migration, nothing can start it again",
  next: "Create it without --rm (compose up, not compose run). Where its own commands start it, MAS needs `mas.commands.cli` as well, which runs mas-cli while MAS is stopped.",
}

const masLogUnreadable: PreFlightKind = {
  name: "mas-log-unreadable",
  severity: "error",
  meaning: "MAS's log cannot be read: whether it runs without errors once it has its new settings, nobody could tell",
  next: "Give the container a log driver that Docker can read (json-file, local, journald), or `mas.commands.logs`.",
}

const severalConfigFiles: PreFlightKind = {
  name: "several-config-files",
  severity: "warning",
  meaning:
    "the service reads more config files than the one that is managed: a key in a later one wins over what is written there",
  next: "See that none of them has a key that is managed, or put all into one file.",
}

const masEnvironment: PreFlightKind = {
  name: "mas-environment",
  severity: "note",
  meaning: "MAS takes settings from its environment where its config file has none: they are neither read nor managed",
  next: "Put them into the file.",
}

export const deploymentKinds: readonly PreFlightKind[] = [
  ...[workers, startRefused, removedWhenStopped, masLogUnreadable, severalConfigFiles, masEnvironment],
]

/** What the look at the deployment needs. */
export interface Deployment {
  readonly synapse: SynapseAddress
  readonly mas: MasAddress
  readonly homeserver: Homeserver
  readonly delegation: DelegatedAuthInputs
}

/** What is told by how the services are run, and by the Synapse that would have to start. Reads only. */
export async function findInDeployment(host: Host, deployment: Deployment): Promise<readonly Finding[]> {
  const { synapse, delegation } = deployment
  return [
    ...(await findDeploymentFacts(host, deployment)),
    ...findingOf(startRefused, await whyNoStart(host, synapse, delegation)),
  ]
}

/** As {@link findInDeployment}, without asking the Synapse that would have to start. */
export async function findDeploymentFacts(
  host: Host,
  { synapse, mas, homeserver }: Omit<Deployment, "delegation">,
): Promise<readonly Finding[]> {
  const containers = {
    synapse: await containerIfAny(host, synapse.service),
    mas: await containerIfAny(host, mas.service),
  }
  // mas-cli runs beside it while it is stopped, whoever starts it.
  const masContainer = ranInContainer(mas) ? await knownService(host, mas.service) : containers.mas
  const ofSynapse =
    containers.synapse &&
    (await filesBeside(host, { ...synapse, path: synapse.homeserverYaml, inspection: containers.synapse }))
  const ofMas = containers.mas && (await filesBeside(host, { ...mas, path: mas.config, inspection: containers.mas }))
  return [
    ...findingOf(workers, await findWorkers(host, synapse, homeserver, [mas.service])),
    ...findingOf(
      removedWhenStopped,
      [containers.synapse, masContainer].flatMap((found) => (found?.isRemovedWhenItEnds ? [found.container] : [])),
    ),
    ...findingOf(masLogUnreadable, (await canReadLog(host, mas.service)) ? [] : [containerOf(mas.service)]),
    ...findingOf(severalConfigFiles, [...(ofSynapse ?? []), ...(ofMas ?? [])]),
    ...findingOf(masEnvironment, masVariables(containers.mas)),
  ]
}

/** None for a service that its own commands start: where it is a container all the same, they know how to treat it. */
async function containerIfAny(host: Host, service: ServiceAddress): Promise<Inspection | undefined> {
  return service.commands?.start === undefined ? knownService(host, service) : undefined
}

async function whyNoStart(
  host: Host,
  synapse: SynapseAddress,
  delegation: DelegatedAuthInputs,
): Promise<readonly string[]> {
  // What keeps the delegation from being planned is told by kinds of its own.
  const planned = await planDelegation(host, { ...delegation, authentication: "delegated" }).catch(refusalOf)
  if (planned instanceof Refusal) return []
  const tried = await tryConfig(host, synapse, planned.after, delegation.window).catch(refusalOf)
  const refusal = tried instanceof Refusal ? tried.what : tried.refusal
  return refusal === undefined ? [] : [refusal]
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  throw error
}

async function canReadLog(host: Host, service: ServiceAddress): Promise<boolean> {
  if (service.commands?.logs !== undefined) return canRead(logsSince(host, service, new Date()))
  return (await askEngine(host, service, ["logs", "--tail", "1", containerOf(service)])).exitCode === 0
}

/** A command of the operator's is tried as it will be used. */
async function canRead(log: Promise<unknown>): Promise<boolean> {
  try {
    await log
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

interface Reading {
  readonly service: ServiceAddress
  /** The managed file, on the host. */
  readonly path: string
  readonly inspection: Inspection
}

/** Files that the service's command or environment names beside the managed one, as `service: path`. */
async function filesBeside(host: Host, { service, path, inspection }: Reading): Promise<readonly string[]> {
  const named = configFilesIn(inspection.argv)
  const files = named.length > 0 ? named : masFilesIn(await environmentOf(host, service))
  const managed = await containerPathOf(host, inspection, path)
  const others = files.filter((file) => file !== managed && !isSameFile(file, managed, inspection.workingDirectory))
  return others.map((file) => `${service.name}: ${file}`)
}

function isSameFile(file: string, managed: string | undefined, folder: string): boolean {
  return managed !== undefined && posix.resolve(folder || "/", file) === posix.normalize(managed)
}

/** `MAS_CONFIG` names files with colons between them (seen with MAS 1.22.0). Pure. */
export function masFilesIn(environment: readonly string[]): readonly string[] {
  const value = environment.find((line) => line.startsWith("MAS_CONFIG="))?.slice("MAS_CONFIG=".length) ?? ""
  return value.split(":").filter(Boolean)
}

/** The environment is the lowest of MAS's layers: a file's value wins (seen with MAS 1.22.0). Names only: values are secrets. */
function masVariables(mas: Inspection | undefined): readonly string[] {
  return (mas?.environmentNames ?? []).filter((name) => name.startsWith("MAS_") && name !== "MAS_CONFIG")
}
