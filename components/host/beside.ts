import { setTimeout as pause } from "node:timers/promises"
import { Refusal } from "../report/refusal.ts"
import { askEngine, commandFailed, saysNoSuchContainer, tellEngine } from "./engine.ts"
import type { Argv, Finished, Host } from "./host.ts"
import { environmentOf, type Inspection, knownService } from "./inspection.ts"
import { containerOf, engineOf, type ServiceAddress } from "./service-address.ts"

export interface BesideRun {
  /** Name of the one-shot container: fixed, so that a later run finds what an earlier one left behind. */
  readonly name: string
  readonly argv: Argv
  /** More files or folders of the host, read-only unless said otherwise. They win over what the service mounts there. */
  readonly mounts?: readonly HostMount[]
  readonly stdin?: string
  /** In place of the service's networks. @example "none" */
  readonly network?: string
  /** In place of the service's user. @example "0:0" */
  readonly user?: string
  /** The container is ended after this. Default: 600. */
  readonly timeoutSeconds?: number
}

export interface HostMount {
  /** Absolute path on the host; it must exist. */
  readonly source: string
  /** Absolute path in the container. */
  readonly target: string
  readonly isWritable?: boolean
}

/**
 * Runs a program in a one-shot container beside the service: same image (by id), volumes, networks, user and
 * environment, whether the service runs or not. Resolves whatever the program's exit code is; the container is gone then.
 *
 * The environment's values go in by standard input, so that no process list shows them. Throws
 * `docker/beside-busy` when one of that name is at work (see {@link endBeside}), `host/command-timed-out`,
 * `docker/environment-not-portable`, `docker/command-failed`.
 */
export async function runBeside(host: Host, service: ServiceAddress, run: BesideRun): Promise<Finished> {
  const inspection = await knownService(host, service)
  await clearName(host, service, run.name)
  await create(host, service, run, inspection)
  try {
    if (run.network === undefined) await joinOtherNetworks(host, service, run.name, inspection)
    const interactive = run.stdin === undefined ? [] : ["--interactive"]
    return await askEngine(host, service, ["start", "--attach", ...interactive, run.name], {
      timeoutSeconds: run.timeoutSeconds ?? 600,
      ...(run.stdin === undefined ? {} : { stdin: run.stdin }),
    })
  } finally {
    await endBeside(host, service, run.name)
  }
}

/** Ends and removes the one-shot container of that name. Says whether there was one; it is gone then. */
export async function endBeside(host: Host, service: ServiceAddress, name: string): Promise<boolean> {
  const words = ["container", "rm", "--force", "--volumes", name]
  const finished = await askEngine(host, service, words)
  // Newer clients call it a success (seen with 28.2), older ones do not.
  if (saysNoSuchContainer(finished)) return false
  if (finished.exitCode === 0) return true
  const where = { host: host.name, container: name }
  // Somebody else, or the engine itself (--rm), is removing it at this moment.
  if (!/is already in progress/i.test(finished.stderr))
    throw commandFailed([...engineOf(service), ...words], finished, where)
  while (!saysNoSuchContainer(await askEngine(host, service, ["container", "inspect", name]))) await pause(100)
  return true
}

/** Whether the one-shot container of that name is at work now. */
export async function isBesideRunning(host: Host, service: ServiceAddress, name: string): Promise<boolean> {
  const { stdout } = await askEngine(host, service, ["container", "inspect", "--format", "{{.State.Running}}", name])
  return stdout.trim() === "true"
}

/** One that was made and never ran, or that has ended, is only in the way. */
async function clearName(host: Host, service: ServiceAddress, name: string): Promise<void> {
  if (await isBesideRunning(host, service, name)) {
    throw new Refusal({
      code: "docker/beside-busy",
      what: `The container ${name} of an earlier run is still at work`,
      where: { host: host.name, container: name },
      meaning: "Nothing was changed by this run.",
      next: `Wait for it (\`docker logs -f ${name}\`), or end it (\`docker rm -f ${name}\`) if its run was given up.`,
    })
  }
  await endBeside(host, service, name)
}

/**
 * `docker create` reads the environment from its standard input; the program's own comes later, with `docker start`.
 * Through `cat`, since a child's standard input may be a socket, which cannot be opened by the name /dev/stdin.
 */
async function create(host: Host, service: ServiceAddress, run: BesideRun, inspection: Inspection): Promise<void> {
  const [program, ...rest] = run.argv
  const words = [
    ...["container", "create", "--name", run.name, "--entrypoint", program, "--env-file", "/dev/stdin"],
    ...["--rm", "--volumes-from", containerOf(service), "--no-healthcheck", "--log-driver", "none"],
    ...(run.stdin === undefined ? [] : ["--interactive"]),
    ...likeTheService(run, inspection),
    ...(run.mounts ?? []).flatMap((mount) => ["--mount", mountWords(mount)]),
    ...[inspection.image.id, ...rest],
  ]
  const stdin = environmentFile(host, service, await environmentOf(host, service))
  const throughCat: Argv = ["sh", "-c", 'cat | "$@"', "create", ...engineOf(service), ...words]
  const finished = await host.exec(throughCat, { stdin })
  if (finished.exitCode === 0) return
  throw commandFailed([...engineOf(service), ...words], finished, { host: host.name, container: run.name })
}

function likeTheService(run: BesideRun, inspection: Inspection): readonly string[] {
  const { user, workingDirectory, extraHosts, dns, groups } = inspection
  const isOnNetworks = run.network === undefined && !sharesNetwork(inspection)
  return [
    ...["--network", run.network ?? firstNetwork(inspection)],
    ...option("--user", run.user ?? user),
    ...option("--workdir", workingDirectory),
    ...(isOnNetworks ? extraHosts.flatMap((line) => ["--add-host", line]) : []),
    ...(isOnNetworks ? dns.flatMap((address) => ["--dns", address]) : []),
    ...groups.flatMap((group) => ["--group-add", group]),
  ]
}

function option(name: string, value: string): readonly string[] {
  return value === "" ? [] : [name, value]
}

/** Whose network another container, or the host, owns: names and addresses are theirs to say. */
function sharesNetwork({ networkMode }: Inspection): boolean {
  return networkMode.startsWith("container:") || networkMode === "host" || networkMode === "none"
}

function firstNetwork({ networkMode, networks }: Inspection): string {
  if (networkMode !== "default" && networkMode !== "bridge") return networkMode
  return networks[0]?.name ?? networkMode
}

async function joinOtherNetworks(
  host: Host,
  service: ServiceAddress,
  name: string,
  inspection: Inspection,
): Promise<void> {
  if (sharesNetwork(inspection)) return
  const first = firstNetwork(inspection)
  for (const network of inspection.networks) {
    if (network.name !== first) await tellEngine(host, service, ["network", "connect", network.name, name])
  }
}

/** A comma separates options there; a path with one is quoted as in CSV. */
function mountWords({ source, target, isWritable = false }: HostMount): string {
  const fields = ["type=bind", `source=${source}`, `target=${target}`, ...(isWritable ? [] : ["readonly"])]
  return fields.map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",")
}

/** A line a variable is all that the format knows: no way to write a value with a line break (docker 20.10 to 28). */
function environmentFile(host: Host, service: ServiceAddress, lines: readonly string[]): string {
  const broken = lines.filter((line) => /[\r\n]/.test(line) || line.length > 60_000)
  if (broken.length === 0) return lines.map((line) => `${line}\n`).join("")
  const names = broken.map((line) => line.split("=", 1)[0])
  throw new Refusal({
    code: "docker/environment-not-portable",
    what: `The environment of ${containerOf(service)} has values with line breaks, or very long ones: ${names.join(", ")}`,
    where: { host: host.name, container: containerOf(service) },
    meaning: "Nothing was changed: they cannot be handed to a one-shot container without showing them.",
    next: "Put such values into a file that the container mounts.",
  })
}
