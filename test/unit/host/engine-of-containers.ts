import type { FileFacts, Finished, Host } from "../../../components/host/host.ts"

/** A container as `docker inspect` describes it (recorded with docker 28.2), but for what a test says otherwise. */
export interface SomeContainer {
  readonly name: string
  readonly image?: string
  readonly argv?: readonly string[]
  readonly environment?: readonly string[]
  readonly mounts?: readonly (readonly [source: string, target: string])[]
  readonly status?: string
  readonly isRemoved?: boolean
  readonly logDriver?: string
  /** What `docker top` shows of it. */
  readonly processes?: readonly string[]
}

export function inspectDocument({ name, image = "synapse", argv = ["/start.py"], ...more }: SomeContainer) {
  const { environment = [], mounts = [], status = "running", isRemoved = false, logDriver = "json-file" } = more
  return {
    Id: `id-of-${name}`,
    Name: `/${name}`,
    Image: `sha256:${image}`,
    Path: argv[0],
    Args: argv.slice(1),
    RestartCount: 0,
    State: { Status: status, Running: status === "running", ExitCode: 0, StartedAt: "2026-11-29T20:00:00Z" },
    Config: { Image: image, Env: environment, User: "", WorkingDir: "" },
    HostConfig: { NetworkMode: "net", AutoRemove: isRemoved, LogConfig: { Type: logDriver }, RestartPolicy: null },
    NetworkSettings: { Networks: { net: { IPAddress: "10.0.0.2" } } },
    Mounts: mounts.map(([Source, Destination]) => ({ Type: "bind", Source, Destination, RW: true })),
  }
}

/** A host on which `docker` knows just these containers, and `ps` these processes; nothing else can be done on it. */
export function hostWith(containers: readonly SomeContainer[], processes: readonly string[] = []): Host {
  const done = (stdout: string, exitCode = 0, stderr = ""): Finished => ({ exitCode, stdout, stderr })
  const named = (name: string) => containers.find((one) => one.name === name || `id-of-${one.name}` === name)
  const verbs: Readonly<Record<string, (rest: readonly string[]) => Finished>> = {
    ps: () => {
      const living = containers.filter(({ status = "running" }) => status !== "exited")
      return done(living.map(({ name }) => `id-of-${name}\n`).join(""))
    },
    container: ([, ...names]) => {
      const found = names.flatMap((name) => named(name) ?? [])
      if (found.length === 0) return done("[]", 1, `Error: No such container: ${names.at(-1)}`)
      return done(JSON.stringify(found.map(inspectDocument)))
    },
    top: ([name = ""]) => done(`PID COMMAND\n${(named(name)?.processes ?? []).join("\n")}`),
    logs: (rest) =>
      named(rest.at(-1) ?? "")?.logDriver === "none"
        ? done("", 1, "configured logging driver does not support reading")
        : done(""),
  }
  const docker = ([verb = "", ...rest]: readonly string[]): Finished => {
    const play = verbs[verb]
    if (play === undefined) throw new Error(`docker ${verb} is not played here`)
    return play(rest)
  }
  const exec: Host["exec"] = async ([program, ...rest]) => {
    if (program === "docker") return docker(rest)
    if (program === "ps") return done(processes.join("\n"))
    throw new Error(`${program} is not played here`)
  }
  // None of the paths is a link, but for those below /link.
  const realPath = async (path: string) => path.replace(/^\/link\//, "/srv/")
  const stat = async (path: string) => ({ identity: await realPath(path) }) as FileFacts
  const readIfPresent = async () => undefined
  return { name: "this machine", exec, realPath, stat, readIfPresent } as Partial<Host> as Host
}
