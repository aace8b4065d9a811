import { z } from "zod"
import { Refusal } from "../report/refusal.ts"
import { askEngine, commandFailed, containerMissing, saysNoSuchContainer, tellEngine } from "./engine.ts"
import type { Host } from "./host.ts"
import { containerOf, engineOf, type ServiceAddress, usesEngine } from "./service-address.ts"

export interface Mount {
  readonly kind: "bind" | "volume" | "tmpfs" | "npipe" | "cluster" | "image"
  /** Absolute path on the host; empty for tmpfs. */
  readonly source: string
  /** Absolute path in the container. */
  readonly target: string
  readonly isWritable: boolean
}

export interface Network {
  readonly name: string
  /** IPv4, else IPv6; `undefined` while the container does not run. */
  readonly address: string | undefined
}

export interface PublishedPort {
  readonly onHost: number
  readonly inContainer: number
}

/** A service's container as it is. Holds no value of its environment. */
export interface Inspection {
  readonly id: string
  readonly container: string
  readonly status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead"
  readonly isRunning: boolean
  /** Its first process, as the engine's machine counts; 0 where there is none. */
  readonly pid: number
  /** `undefined`: never. */
  readonly startedAt: Date | undefined
  /** Of the last time it ended; 0 while it runs for the first time. */
  readonly exitCode: number
  /** How often the engine has started it again by itself since somebody started it. */
  readonly restartCount: number
  /** When the engine starts it by itself, in docker's words. @example "on-failure:5" */
  readonly restartPolicy: string
  /** The engine removes it once it has ended (`--rm`): nothing can start it again. */
  readonly isRemovedWhenItEnds: boolean
  /** Its program and all of its arguments, entry point included. */
  readonly argv: readonly string[]
  /** `none`: the image and compose file declare no health check. */
  readonly health: "healthy" | "unhealthy" | "starting" | "none"
  readonly image: {
    /** As it was asked for, such as `ghcr.io/element-hq/synapse:v1.163.2`. */
    readonly reference: string
    /** `sha256:…` of the image that it was made from, wherever the tag points today. */
    readonly id: string
  }
  readonly networks: readonly Network[]
  /** Under which its neighbours find it: its own, and its aliases on its networks. */
  readonly names: readonly string[]
  /** Ports of TCP that the host hands on to it. */
  readonly publishedPorts: readonly PublishedPort[]
  /** `bridge`, `host`, `none`, `container:…` or the name of the first network. */
  readonly networkMode: string
  readonly mounts: readonly Mount[]
  readonly environmentNames: readonly string[]
  /** As in the image or compose file: empty for root, `991:991`, a name. */
  readonly user: string
  readonly workingDirectory: string
  /** `name:address` lines for its hosts file. */
  readonly extraHosts: readonly string[]
  readonly dns: readonly string[]
  readonly groups: readonly string[]
}

const list = z.array(z.string()).nullish()

/** The part of `docker inspect` that we rely on: Engine API 1.41 (docker 20.10) and later. */
const inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  Image: z.string(),
  Path: z.string().default(""),
  Args: list,
  RestartCount: z.number().default(0),
  State: z.object({
    Status: z.enum(["created", "running", "paused", "restarting", "removing", "exited", "dead"]),
    Running: z.boolean(),
    Pid: z.number().default(0),
    ExitCode: z.number(),
    StartedAt: z.string(),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({
    Image: z.string(),
    Env: list,
    User: z.string().nullish(),
    WorkingDir: z.string().nullish(),
    Hostname: z.string().nullish(),
  }),
  HostConfig: z.object({
    NetworkMode: z.string(),
    AutoRemove: z.boolean().default(false),
    ExtraHosts: list,
    Dns: list,
    GroupAdd: list,
    RestartPolicy: z.object({ Name: z.string(), MaximumRetryCount: z.number().default(0) }).nullish(),
  }),
  NetworkSettings: z.object({
    Networks: z
      .record(
        z.string(),
        z.object({ IPAddress: z.string(), GlobalIPv6Address: z.string().nullish(), Aliases: list, DNSNames: list }),
      )
      .nullish(),
    Ports: z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullish()).nullish(),
  }),
  Mounts: z.array(
    z.object({
      Type: z.enum(["bind", "volume", "tmpfs", "npipe", "cluster", "image"]),
      Source: z.string().default(""),
      Destination: z.string(),
      RW: z.boolean(),
    }),
  ),
})

type Inspected = z.infer<typeof inspected>

/** What the hosts of {@link remembering} were told last, by container. */
const told = new WeakMap<Host, Map<string, Inspected>>()

/**
 * A host that remembers what its containers are, for one lifecycle call: `knownService` asks the engine once for each. Others
 * may do something to a container meanwhile; whoever wants to know about that asks `inspectService`.
 */
export function remembering(host: Host): Host {
  const own = { ...host }
  told.set(own, new Map())
  return own
}

/** How the container is now. Throws `docker/container-missing`, and what every use of Docker may (`askEngine`). */
export async function inspectService(host: Host, service: ServiceAddress): Promise<Inspection> {
  return describe(await inspectRaw(host, service))
}

/** As {@link knownService}; `undefined` for a service whose own commands do everything, and that is no container. */
export async function knownIfContainer(host: Host, service: ServiceAddress): Promise<Inspection | undefined> {
  if (service.container === undefined && service.commands !== undefined) return undefined
  if (usesEngine(service)) return knownService(host, service)
  return knownService(host, service).catch(unlessRefused)
}

function unlessRefused(error: unknown): undefined {
  if (!(error instanceof Refusal)) throw error
}

/**
 * As {@link inspectService}, for what stays the same as long as we do nothing to the container: its mounts, image, names,
 * addresses. On a host that remembers the engine is asked for it once.
 */
export async function knownService(host: Host, service: ServiceAddress): Promise<Inspection> {
  const known = told.get(host)?.get(nameOnEngine(service))
  return describe(known ?? (await inspectRaw(host, service)))
}

/** To be called by whoever starts, stops or changes the container, or finds that it is not as it was. */
export function forgetService(host: Host, service: ServiceAddress): void {
  told.get(host)?.delete(nameOnEngine(service))
}

function nameOnEngine(service: ServiceAddress): string {
  return [...engineOf(service), containerOf(service)].join("\0")
}

/**
 * All containers that live on the service's engine: running, paused, or about to be started again. One that is described in
 * a way that we do not know, or is gone by then, is left out.
 */
export async function inspectLiving(host: Host, service: ServiceAddress): Promise<readonly Inspection[]> {
  const states = ["running", "restarting", "paused"].flatMap((state) => ["--filter", `status=${state}`])
  const { stdout: ids } = await tellEngine(host, service, ["ps", "--all", "--quiet", "--no-trunc", ...states])
  const all = ids.split("\n").filter(Boolean)
  if (all.length === 0) return []
  // It fails for one that is gone, and describes the others all the same.
  const { stdout } = await askEngine(host, service, ["container", "inspect", ...all])
  const documents = z.array(z.unknown()).safeParse(parseJson(stdout))
  return (documents.data ?? []).flatMap((document) => {
    const parsed = inspected.safeParse(document)
    return parsed.success ? [describe(parsed.data)] : []
  })
}

/** `NAME=value` of the service's container. Secrets: for standard input only, never for argv, a log or an error. */
export async function environmentOf(host: Host, service: ServiceAddress): Promise<readonly string[]> {
  const known = told.get(host)?.get(nameOnEngine(service))
  return (known ?? (await inspectRaw(host, service))).Config.Env ?? []
}

async function inspectRaw(host: Host, service: ServiceAddress): Promise<Inspected> {
  const container = containerOf(service)
  const words = ["container", "inspect", container]
  const finished = await askEngine(host, service, words)
  const where = { host: host.name, container }
  if (saysNoSuchContainer(finished)) throw await containerMissing(host, service)
  if (finished.exitCode !== 0) throw commandFailed([...engineOf(service), ...words], finished, where)
  const parsed = z.tuple([inspected]).safeParse(parseJson(finished.stdout))
  if (parsed.success) {
    told.get(host)?.set(nameOnEngine(service), parsed.data[0])
    return parsed.data[0]
  }
  throw new Refusal({
    code: "docker/command-failed",
    what: `The container engine describes ${container} in a way that we do not know`,
    where: { ...where, keyPath: parsed.error.issues.map(({ path }) => path.join(".")).join(", ") },
    meaning: "Nothing was changed.",
    next: "Use Docker 20.10 or later, or podman 4 or later.",
    cause: parsed.error,
  })
}

/** Without the parser's own error, which quotes what it was given. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function describe(inspected: Inspected): Inspection {
  const { Id, Name, Image, State, Config, HostConfig, NetworkSettings, Mounts } = inspected
  return {
    id: Id,
    container: Name.replace(/^\//, ""),
    status: State.Status,
    pid: State.Pid,
    isRunning: State.Running && State.Status === "running",
    startedAt: State.StartedAt.startsWith("0001-") ? undefined : new Date(State.StartedAt),
    exitCode: State.ExitCode,
    restartCount: inspected.RestartCount,
    restartPolicy: policyOf(HostConfig.RestartPolicy),
    isRemovedWhenItEnds: HostConfig.AutoRemove,
    argv: [inspected.Path, ...(inspected.Args ?? [])],
    health: healthOf(State.Health?.Status),
    image: { reference: Config.Image, id: Image },
    networks: Object.entries(NetworkSettings.Networks ?? {}).map(([name, { IPAddress, GlobalIPv6Address }]) => ({
      name,
      address: IPAddress || GlobalIPv6Address || undefined,
    })),
    names: namesOf(inspected),
    publishedPorts: Object.entries(NetworkSettings.Ports ?? {}).flatMap(([port, places]) =>
      port.endsWith("/tcp")
        ? (places ?? []).map(({ HostPort }) => ({ onHost: Number(HostPort), inContainer: Number.parseInt(port, 10) }))
        : [],
    ),
    networkMode: HostConfig.NetworkMode,
    mounts: Mounts.map(({ Type, Source, Destination, RW }) => ({
      kind: Type,
      source: Source,
      target: Destination,
      isWritable: RW,
    })),
    environmentNames: (Config.Env ?? []).map((line) => line.slice(0, line.indexOf("="))),
    user: Config.User ?? "",
    workingDirectory: Config.WorkingDir ?? "",
    extraHosts: HostConfig.ExtraHosts ?? [],
    dns: HostConfig.Dns ?? [],
    groups: HostConfig.GroupAdd ?? [],
  }
}

function namesOf({ Name, Id, Config, NetworkSettings }: Inspected): readonly string[] {
  const networks = Object.values(NetworkSettings.Networks ?? {})
  const aliases = networks.flatMap(({ Aliases, DNSNames }) => [...(Aliases ?? []), ...(DNSNames ?? [])])
  return [...new Set([Name.replace(/^\//, ""), Id.slice(0, 12), Config.Hostname ?? "", ...aliases])].filter(Boolean)
}

function healthOf(status: string | undefined): Inspection["health"] {
  return status === "healthy" || status === "unhealthy" || status === "starting" ? status : "none"
}

function policyOf(policy: Inspected["HostConfig"]["RestartPolicy"]): string {
  if (!policy?.Name) return "no"
  return policy.MaximumRetryCount > 0 ? `${policy.Name}:${policy.MaximumRetryCount}` : policy.Name
}
