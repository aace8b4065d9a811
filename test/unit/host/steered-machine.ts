import type { FileFacts, Finished, Host } from "../../../components/host/host.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { inspectDocument, type SomeContainer } from "./engine-of-containers.ts"

/** How a service is there: as a container, as one that is removed when it stops, or as none. */
export type Being = "container" | "container with --rm" | "no container"

/** A service on the machine. It runs at first. */
export interface SteeredService {
  readonly name: "synapse" | "mas"
  readonly being: Being
  readonly logDriver: "json-file" | "none"
}

/**
 * A machine whose services are started and stopped by docker and by a program `own`, whose words are `own VERB NAME`. What docker
 * removes when it stops, `own start` makes anew, as a unit of systemd does that runs `docker run --rm`. There is no docker where no service is a container.
 * It keeps no more of docker than what steps do to a service: each fails as docker fails (recorded with docker 28.2).
 */
export function steeredMachine(services: readonly SteeredService[], mounts: SomeContainer["mounts"] = []): Host {
  const running = new Set<string>(services.map(({ name }) => name))
  const removed = new Set<string>()
  const containerOf = (name: string) =>
    services.find((one) => one.name === name && one.being !== "no container" && !removed.has(name))
  const hasDocker = services.some(({ being }) => being !== "no container")

  function stop(name: string): Finished {
    running.delete(name)
    if (services.find((one) => one.name === name)?.being === "container with --rm") removed.add(name)
    return done()
  }

  function own([verb = "", name = "", ...rest]: readonly string[]): Finished {
    if (verb === "stop") return stop(name)
    if (verb === "start" || verb === "restart") {
      removed.delete(name)
      running.add(name)
    }
    if (verb === "cli") return program(rest)
    return done()
  }

  const verbs: Readonly<Record<string, (words: readonly string[]) => Finished>> = {
    ps: () => done(services.flatMap(({ name }) => (containerOf(name) ? [`id-of-${name}`] : [])).join("\n")),
    top: () => done("PID COMMAND"),
    logs: ([...words]) => {
      const one = containerOf(words.at(-1) ?? "")
      if (one === undefined) return missing(words.at(-1))
      return one.logDriver === "none" ? done("", 1, "configured logging driver does not support reading") : done()
    },
    exec: ([_, name = "", ...words]) => {
      if (containerOf(name) === undefined) return missing(name)
      return running.has(name)
        ? program(words)
        : done("", 1, `Error response from daemon: container ${name} is not running`)
    },
    start: (words) => {
      const name = words.at(-1) ?? ""
      if (name.includes("-matrix-auth-")) return name.endsWith("-validate") ? done(tried) : done()
      if (containerOf(name) === undefined) return missing(name)
      running.add(name)
      return done()
    },
    restart: ([name = ""]) => verbs.start?.([name]) ?? done(),
    stop: ([name = ""]) => (containerOf(name) === undefined ? missing(name) : stop(name)),
    update: ([_, name = ""]) => (containerOf(name) === undefined ? missing(name) : done()),
    network: () => done(),
    container: ([verb, ...words]) => {
      if (verb === "rm") return missing(words.at(-1))
      return verb === "create" ? create(words) : inspect(words)
    },
  }

  function create(words: readonly string[]): Finished {
    const from = words[words.indexOf("--volumes-from") + 1]
    return containerOf(from ?? "") === undefined ? missing(from) : done()
  }

  function inspect(names: readonly string[]): Finished {
    const found = names.flatMap((name) => containerOf(name.replace("id-of-", "")) ?? [])
    if (found.length === 0) return missing(names.at(-1))
    const documents = found.map(({ name, being, logDriver }) =>
      inspectDocument({
        ...{ name, image: name, logDriver, mounts, isRemoved: being === "container with --rm" },
        status: running.has(name) ? "running" : "exited",
      }),
    )
    return done(JSON.stringify(documents))
  }

  const programs: Readonly<Record<string, (words: readonly string[]) => Promise<Finished> | Finished>> = {
    own,
    ps: () => done(),
    sh: ([, , zeroth, ...words]) => {
      if (zeroth === "create") return exec([words[0] ?? "", ...words.slice(1)])
      return done("", programsOn(services).includes(words[0] ?? "") ? 0 : 127)
    },
    ...(hasDocker
      ? { docker: ([verb = "", ...words]: readonly string[]) => verbs[verb]?.(words) ?? notPlayed(verb) }
      : {}),
  }
  const exec: Host["exec"] = async ([name, ...rest]) => {
    const play = programs[name]
    if (play === undefined) throw programMissing(name)
    return play(rest)
  }
  const realPath = async (path: string) => path
  const stat = async (path: string) => ({ identity: path, modifiedAt: new Date(0) }) as FileFacts
  const read = async () => "secrets: {}\nmatrix: {secret: sh4red}\n"
  const host: Partial<Host> = { name: "this machine", exec, realPath, stat, read, readIfPresent: read }
  return host as Host
}

/** Which programs the machine has. */
export function programsOn(services: readonly SteeredService[]): readonly string[] {
  return ["own", ...(services.some(({ being }) => being !== "no container") ? ["docker"] : [])]
}

/** What a Synapse prints that would start. */
const tried = '{"tried": true}'

function program([name]: readonly string[]): Finished {
  if (name === "python") return done(tried)
  return name === "mas-cli" ? done("mas-cli v1.22.0") : done("", 127, `${name}: not found`)
}

function notPlayed(verb: string): never {
  throw new Error(`docker ${verb} is not played here`)
}

function missing(name: string | undefined): Finished {
  return done("[]", 1, `Error: No such container: ${name}`)
}

function done(stdout = "", exitCode = 0, stderr = ""): Finished {
  return { exitCode, stdout, stderr }
}

function programMissing(name: string): Refusal {
  const what = `There is no program ${name}`
  return new Refusal({ code: "host/program-missing", what, where: {}, meaning: "", next: "" })
}
