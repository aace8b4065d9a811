import { posix } from "node:path"
import { askEngine } from "../host/engine.ts"
import type { Host } from "../host/host.ts"
import { type Inspection, inspectLiving, inspectService, type Mount } from "../host/inspection.ts"
import { containerOf, type ServiceAddress } from "../host/service-address.ts"
import { Refusal } from "../report/refusal.ts"
import { type Homeserver, isSection } from "./homeserver.ts"
import type { SynapseAddress } from "./synapse-address.ts"

/** Of a process that is Synapse, and not the main one (`synapse.app.*` of 1.136 to 1.163). */
const workerProgram = /\bsynapse\.app\.(?!homeserver\b)[a-z_]+|\bconfigure_workers_and_start\b/

/**
 * What tells of further processes of this Synapse beside its main one, a short text each: homeserver.yaml, containers that
 * share it, processes. None for a service whose commands start and stop all that there is of it. Reads only.
 */
export async function findWorkers(
  host: Host,
  { service, homeserverYaml }: Pick<SynapseAddress, "service" | "homeserverYaml">,
  homeserver: Homeserver,
  notWorkers: readonly ServiceAddress[] = [],
): Promise<readonly string[]> {
  if (startsAndStopsAll(service)) return []
  const own = await inspectService(host, service)
  const others = notWorkers.map(containerOf)
  const living = (await inspectLiving(host, service)).filter(({ container }) => !others.includes(container))
  const real = await realPaths(host, [
    homeserverYaml,
    ...living.flatMap(({ mounts }) => mounts.map(({ source }) => source)),
  ])
  return [
    ...workersInConfig(homeserver),
    ...living
      .filter((one) => one.id !== own.id && sharesConfig(one, own, { homeserverYaml, real }))
      .map(({ container }) => `container ${container}`),
    ...(workerProgram.test([...own.argv, ...own.environmentNames].join(" "))
      ? [`container ${own.container} itself`]
      : []),
    ...(await workerProcesses(host, service, homeserverYaml)),
  ].filter((text, index, all) => all.indexOf(text) === index)
}

function startsAndStopsAll({ commands = {} }: ServiceAddress): boolean {
  return commands.start !== undefined && commands.stop !== undefined && commands.restart !== undefined
}

/** Keys by which the main process hands duties to others; each of them also has a form that hands over nothing. */
const duties = [
  ...["run_background_tasks_on", "notify_appservices_from_worker", "update_user_directory_from_worker"],
  ...["media_instance_running_background_jobs", "federation_sender_instances", "pusher_instances"],
  ...["outbound_federation_restricted_to"],
]

/** Keys of homeserver.yaml that name another process than the main one. Pure. */
export function workersInConfig(homeserver: Homeserver): readonly string[] {
  const { instance_map: map, stream_writers: writers } = homeserver
  const nameOthers = (value: unknown) => (Array.isArray(value) ? value : [value]).some(isOther)
  return [
    ...(isSection(map) && Object.keys(map).some(isOther) ? ["instance_map"] : []),
    ...(isSection(writers) && Object.values(writers).some(nameOthers) ? ["stream_writers"] : []),
    ...duties.filter((key) => nameOthers(homeserver[key])),
    ...["worker_app", "worker_name"].filter((key) => nameOthers(homeserver[key])),
  ]
}

function isOther(instance: unknown): boolean {
  return instance !== undefined && instance !== null && instance !== "" && instance !== "main" && instance !== "master"
}

interface Shared {
  readonly homeserverYaml: string
  readonly real: ReadonlyMap<string, string>
}

/** A backup or a web server that mounts the same folder is no Synapse; one that mounts the very file is taken for one. */
function sharesConfig(one: Inspection, own: Inspection, { homeserverYaml, real }: Shared): boolean {
  if (one.container.includes("-matrix-auth-")) return false
  const yaml = real.get(homeserverYaml) ?? homeserverYaml
  const sources = one.mounts
    .filter(({ source }) => source !== "")
    .map(({ source }: Mount) => real.get(source) ?? source)
  const mountsFile = sources.includes(yaml)
  const mountsFolder = sources.some((source) => yaml.startsWith(source.endsWith("/") ? source : `${source}/`))
  const words = one.argv.join(" ")
  const isSynapse =
    one.image.id === own.image.id || one.image.reference === own.image.reference || /\bsynapse\b/i.test(words)
  const isWorker = one.environmentNames.some((name) => /^SYNAPSE_WORKER/.test(name)) || workerProgram.test(words)
  return mountsFile || (mountsFolder && (isSynapse || isWorker))
}

/** In Synapse's own container, and on the host where a process names the file. Nothing where they cannot be seen. */
async function workerProcesses(
  host: Host,
  service: ServiceAddress,
  homeserverYaml: string,
): Promise<readonly string[]> {
  const own = await askEngine(host, service, ["top", containerOf(service), "-eo", "pid,args"]).catch(() => undefined)
  const all = await host.exec(["ps", "-eo", "pid,args"]).catch(() => undefined)
  const isWorker = (line: string) => workerProgram.test(line)
  const folder = `${posix.dirname(homeserverYaml)}/`
  const inContainer = (own?.exitCode === 0 ? own.stdout : "").split("\n").filter(isWorker)
  const onHost = (all?.stdout ?? "").split("\n").filter((line) => isWorker(line) && line.includes(folder))
  // Not the whole line: it is somebody else's, and may hold what is not for us to show.
  return [...inContainer, ...onHost].map((line) => {
    const [pid = ""] = line.trim().split(/\s+/)
    return `process ${pid} (${workerProgram.exec(line)?.[0]})`
  })
}

/** Where each path leads, links followed; one that may not be followed is taken as it stands. */
async function realPaths(host: Host, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(paths.filter((path) => path !== ""))]
  const found = wanted.map(async (path) => {
    const real = await host.realPath(path).catch((error: unknown) => {
      if (error instanceof Refusal) return path
      throw error
    })
    return [path, real] as const
  })
  return new Map(await Promise.all(found))
}
