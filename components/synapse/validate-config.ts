import { posix } from "node:path"
import { secretsIn } from "../documents/masking.ts"
import { runBeside } from "../host/beside.ts"
import type { Finished, Host } from "../host/host.ts"
import { type Inspection, knownService } from "../host/inspection.ts"
import { containerPathOf } from "../host/mounted-paths.ts"
import { runInService } from "../host/service.ts"
import { containerOf, type ServiceAddress } from "../host/service-address.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"
import type { SwitchPlace } from "../window/dead-mans-switch.ts"
import { startProbe } from "./start-probe.ts"
import type { SynapseAddress } from "./synapse-address.ts"

/** What came of trying a homeserver.yaml. */
export interface Tried {
  /** `start`: what a start would do, short of its database and of listening; `config read`: the config alone. */
  readonly how: "start" | "config read"
  /** Why Synapse would not start, in its own words; `undefined`: it would, as far as was tried. */
  readonly refusal: string | undefined
  /** Modules that could not be tried without a living server. */
  readonly untried: readonly string[]
}

/**
 * Lets the very Synapse that will load it try a homeserver.yaml: same image, same mounts, same further config files. Nothing
 * is written: the candidate goes in by standard input. Where this Synapse cannot be tried so, `python -m synapse.config read`
 * tries the config alone, with the candidate in the place of the file (both seen with nine releases; a second or two).
 *
 * For a service without a container its `cli` runs Synapse's Python. Throws `synapse/config-not-mounted`, and
 * `synapse/config-untried` where no Synapse can be found to ask.
 */
export async function tryConfig(
  host: Host,
  synapse: SynapseAddress,
  text: string,
  { stateFolder }: Pick<SwitchPlace, "stateFolder">,
): Promise<Tried> {
  const container = await inspectIfAny(host, synapse.service)
  if (container === undefined) return tryByCommand(host, synapse, text)
  const target = await containerPathOf(host, container, synapse.homeserverYaml)
  if (target === undefined) throw notMounted(host, synapse)
  const files = configArguments(container.argv, target)
  const finished = await runBeside(host, synapse.service, {
    name: `${containerOf(synapse.service)}-matrix-auth-validate`,
    argv: ["python", "-B", "-c", startProbe, target, ...files],
    stdin: text,
    network: "none",
  })
  return readProbe(finished, text) ?? tryConfigAlone(host, synapse, { stateFolder, text, target, files })
}

/** As {@link tryConfig}. Throws `synapse/config-refused` with Synapse's own reason, too. */
export async function validateConfig(
  host: Host,
  synapse: SynapseAddress,
  text: string,
  place: Pick<SwitchPlace, "stateFolder">,
): Promise<Tried> {
  const tried = await tryConfig(host, synapse, text, place)
  if (tried.refusal !== undefined) throw refused(host, synapse, tried.refusal)
  return tried
}

/** For people: what was tried, and what was not. */
export function describeTried({ how, untried }: Tried): string {
  if (how === "config read")
    return "Synapse has read the new homeserver.yaml; what its start does beyond that was not tried"
  const but = untried.length === 0 ? "" : `, but for what these modules do at a start: ${untried.join(", ")}`
  return `Synapse has tried what a start does with the new homeserver.yaml, modules included${but}`
}

/** The config files that Synapse's own command names, in its order; else the one that we know of. Pure. */
export function configArguments(argv: readonly string[], homeserverYaml: string): readonly string[] {
  const files = configFilesIn(argv)
  return (files.length === 0 ? [homeserverYaml] : files).flatMap((file) => ["-c", file])
}

/** What a command line gives as `-c` or `--config-path`, in argparse's forms. Pure. */
export function configFilesIn(argv: readonly string[]): readonly string[] {
  return argv.flatMap((word, index) => {
    if (/^(-c|--config|--config-path)$/.test(word)) return argv[index + 1] ?? []
    return /^--config(?:-path)?=(.+)$/.exec(word)?.[1] ?? /^-c=?(.+)$/.exec(word)?.[1] ?? []
  })
}

async function inspectIfAny(host: Host, service: ServiceAddress): Promise<Inspection | undefined> {
  try {
    return await knownService(host, service)
  } catch (error) {
    if (service.commands?.start !== undefined && error instanceof Refusal && error.code.startsWith("docker/"))
      return undefined
    throw error
  }
}

async function tryByCommand(host: Host, synapse: SynapseAddress, text: string): Promise<Tried> {
  const { service, homeserverYaml } = synapse
  const argv = ["python", "-B", "-c", startProbe, homeserverYaml, "-c", homeserverYaml] as const
  const tried = readProbe(await runInService(host, service, argv, { stdin: text, timeoutSeconds: 120 }), text)
  if (tried !== undefined) return tried
  throw new Refusal({
    code: "synapse/config-untried",
    what: "No Synapse can be asked what it would do with the new homeserver.yaml",
    where: { host: host.name, file: homeserverYaml },
    meaning: "Nothing was changed: nothing is written that the Synapse which will read it has not tried.",
    next: "Let `synapse.commands.cli` run programs where Synapse's own Python is `python`, with homeserver.yaml at the same path; or name its container.",
  })
}

interface Candidate extends Pick<SwitchPlace, "stateFolder"> {
  readonly text: string
  readonly target: string
  readonly files: readonly string[]
}

/** The candidate lies in our own folder: beside the file, whoever is in the container could have planted a link in its place. */
async function tryConfigAlone(host: Host, synapse: SynapseAddress, candidate: Candidate): Promise<Tried> {
  const { stateFolder, text, target, files } = candidate
  const { service, homeserverYaml } = synapse
  const path = posix.join(stateFolder, "homeserver.candidate.yaml")
  await host.write(path, text, { mode: 0o600, like: homeserverYaml })
  try {
    const { exitCode, stdout, stderr } = await runBeside(host, service, {
      name: `${containerOf(service)}-matrix-auth-validate`,
      argv: ["python", "-B", "-m", "synapse.config", "read", "server.server_name", ...files],
      mounts: [{ source: path, target }],
      network: "none",
    })
    const said = quoted(`${stdout}\n${stderr}`, secretsIn(text, "yaml11"))
    return { how: "config read", refusal: exitCode === 0 ? undefined : reasonOf(said), untried: [] }
  } finally {
    await host.remove(path)
  }
}

/** `undefined`: it could not be tried so. */
function readProbe({ exitCode, stdout, stderr }: Finished, text: string): Tried | undefined {
  const told = lastJson(stdout)
  if (exitCode === 0 && told?.tried === true) {
    const untried = Array.isArray(told.untried) ? told.untried.map(String) : []
    return { how: "start", refusal: undefined, untried }
  }
  return exitCode === 1 && told?.seen === true
    ? { how: "start", refusal: reasonOf(quoted(stderr, secretsIn(text, "yaml11"))), untried: [] }
    : undefined
}

/** Modules may print as well. */
function lastJson(stdout: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
}

/**
 * The last thing Synapse says: a line of text, a Python tuple `('text', ('path', 'to', 'key'))`, a traceback's end, or, at a
 * start, `Error in configuration at 'path.to.key':` with the text below it.
 */
export function reasonOf(output: string): string {
  const lines = output.trim().split("\n")
  const told = lines.findLastIndex((line) => atStart.test(line))
  const below = told < 0 ? undefined : lines[told + 1]?.trim().replace(/:$/, "")
  if (below)
    return [
      below,
      ...(lines[told]?.match(atStart)?.slice(1, 2) ?? []).filter(Boolean).map((key) => `(at ${key})`),
    ].join(" ")
  const tuple = /^\(['"](.+?)['"], \((.*)\)\)$/.exec(lines.at(-1) ?? "")
  if (tuple === null) return (lines.at(-1) ?? "").trim() || "it gave no reason"
  const keys = [...(tuple[2] ?? "").matchAll(/'([^']+)'/g)].map(([, key]) => key)
  return keys.length > 0 ? `${tuple[1]} (at ${keys.join(".")})` : (tuple[1] ?? "")
}

const atStart = /^Error in configuration(?: at '([^']+)')?:\s*$/

function refused(host: Host, { service, homeserverYaml }: SynapseAddress, reason: string): Refusal {
  return new Refusal({
    code: "synapse/config-refused",
    what: `Synapse refuses the new homeserver.yaml: ${reason}`,
    where: { host: host.name, container: containerOf(service), file: homeserverYaml },
    meaning: "Nothing was written; Synapse goes on as it was.",
    next: "Mend the setting that it names, or let us take the key over (`synapse.takeOver`), then `pulumi up`.",
  })
}

function notMounted(host: Host, { service, homeserverYaml }: SynapseAddress): Refusal {
  return new Refusal({
    code: "synapse/config-not-mounted",
    what: "Synapse's container does not mount the homeserver.yaml that we are to manage",
    where: { host: host.name, container: containerOf(service), file: homeserverYaml },
    meaning: "Nothing was changed: what is written there would never reach Synapse.",
    next: "Let `synapse.homeserverYaml` name the file on the host that the container mounts (`docker inspect` lists its mounts).",
  })
}
