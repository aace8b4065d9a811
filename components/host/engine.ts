import type { RefusalCode } from "../report/codes.ts"
import { quoted } from "../report/quoted.ts"
import { type Place, Refusal } from "../report/refusal.ts"
import { briefly } from "./briefly.ts"
import type { Argv, ExecOptions, Finished, Host } from "./host.ts"
import { containerOf, engineOf, type ServiceAddress } from "./service-address.ts"

/** What the container engine says when it cannot serve at all, and what that means. Seen with docker 20.10 and 28.2. */
const troubles: readonly { says: RegExp; code: RefusalCode; what: string; next: string }[] = [
  {
    says: /permission denied while trying to connect|connect: permission denied/i,
    code: "docker/no-permission",
    what: "We may not talk to Docker",
    next: "Run as root, or as a member of the group docker.",
  },
  {
    says: /cannot connect to the docker daemon|is the docker daemon running|error during connect/i,
    code: "docker/not-running",
    what: "Docker is not running",
    next: "Start it (`systemctl start docker`), look at `docker info`, then run again.",
  },
]

/**
 * Asks the container engine. Resolves whatever the exit code is, except where the engine is missing, not running, or
 * closed to us: that throws `docker/not-installed`, `docker/not-running`, `docker/no-permission`.
 */
export async function askEngine(
  host: Host,
  service: ServiceAddress,
  words: readonly string[],
  options?: ExecOptions,
): Promise<Finished> {
  const [engine, ...first]: Argv = engineOf(service)
  const finished = await host.exec([engine, ...first, ...words], options).catch((error) => {
    throw isProgramMissing(error) ? notInstalled(host, engine, error) : error
  })
  if (finished.exitCode !== 0) throwTrouble(host, finished)
  return finished
}

/** As {@link askEngine}, for what must succeed; else `docker/command-failed`, or `docker/container-missing`. */
export async function tellEngine(
  host: Host,
  service: ServiceAddress,
  words: readonly string[],
  options?: ExecOptions,
): Promise<Finished> {
  const finished = await askEngine(host, service, words, options)
  if (finished.exitCode === 0) return finished
  if (saysNoSuchContainer(finished)) throw await containerMissing(host, service)
  throw commandFailed([...engineOf(service), ...words], finished, { host: host.name, container: containerOf(service) })
}

export function saysNoSuchContainer({ stderr }: Finished): boolean {
  return /no such (container|object)/i.test(stderr)
}

export function commandFailed(argv: Argv, { exitCode, stderr }: Finished, where: Place): Refusal {
  const said = quoted(stderr.trim()).split("\n").slice(-3).join(" ")
  return new Refusal({
    code: "docker/command-failed",
    what: `\`${briefly(argv)}\` failed (exit code ${exitCode}): ${said || "it said nothing"}`,
    where,
    meaning: "This step was not done.",
    next: "Mend what it complains about, then run again.",
  })
}

/** Names those that are there and look alike: compose calls the service mas of project chat `chat-mas-1`. */
export async function containerMissing(host: Host, service: ServiceAddress): Promise<Refusal> {
  const wanted = containerOf(service)
  const { stdout } = await askEngine(host, service, ["ps", "--all", "--format", "{{.Names}}"])
  const names = stdout.split("\n").filter(Boolean).sort()
  const alike = names.filter((name) => looksAlike(name, wanted))
  return new Refusal({
    code: "docker/container-missing",
    what: `There is no container ${wanted}`,
    where: { host: host.name, container: wanted },
    meaning: "Nothing was changed.",
    next: suggestion(service.name, alike, names),
  })
}

function suggestion(service: string, alike: readonly string[], all: readonly string[]): string {
  const set = `then set the container of the service ${service}.`
  if (alike.length > 0) return `Is it ${alike.join(", or ")}? If so, ${set}`
  if (all.length === 0) return "Docker has no container at all here: start the compose project first."
  return `There are: ${all.slice(0, 20).join(", ")}. Choose one, ${set}`
}

function looksAlike(name: string, wanted: string): boolean {
  const [a, b] = [name.toLowerCase(), wanted.toLowerCase()]
  return a.includes(b) || b.includes(a) || distance(a, b) <= 2
}

/** Letters to add, drop or change to make one word the other (Levenshtein). */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (const [row, letter] of [...a].entries()) {
    const here = [row + 1]
    for (const [column, other] of [...b].entries()) {
      const change = (above[column] ?? 0) + (letter === other ? 0 : 1)
      here.push(Math.min(change, (above[column + 1] ?? 0) + 1, (here[column] ?? 0) + 1))
    }
    above = here
  }
  return above[b.length] ?? 0
}

function isProgramMissing(error: unknown): boolean {
  return error instanceof Refusal && error.code === "host/program-missing"
}

function notInstalled(host: Host, engine: string, cause: unknown): Refusal {
  return new Refusal({
    code: "docker/not-installed",
    what: `The program ${engine} is not installed`,
    where: { host: host.name },
    meaning: "Nothing was changed.",
    next: "Install Docker there, or say how else the services are run (`synapse.commands`, `mas.commands`; docs/config.md).",
    cause,
  })
}

function throwTrouble(host: Host, { stderr }: Finished): void {
  const trouble = troubles.find(({ says }) => says.test(stderr))
  if (!trouble) return
  const { code, what, next } = trouble
  throw new Refusal({ code, what, where: { host: host.name }, meaning: "Nothing was changed.", next })
}
