import { spawn } from "node:child_process"
import { mkdir, open, readFile, rm, symlink } from "node:fs/promises"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { execa } from "execa"
import { cacheFolder, digestOf, exists, madeOnce, type Say, withCacheLock } from "./cache.ts"
import { installDebianPackages } from "./debian-packages.ts"
import { programsOnPath } from "./on-path.ts"

/** A client that reaches a running engine. */
export interface Docker {
  /** Path of the client. */
  readonly cli: string
  /** Folder for PATH, in which `docker` is that client; absent where PATH has it first anyway. */
  readonly folder?: string
  /** Where the engine is, if that is not the place where everybody looks. */
  readonly environment: Readonly<Record<string, string>>
}

/**
 * The running Docker engine. Where none answers, it is started, and before that installed; both are said aloud. An
 * engine started here keeps running afterwards.
 */
export async function findOrStartDocker(say: Say): Promise<Docker> {
  const cli = (await reachingClient()) ?? (await withCacheLock("docker", say, () => startEngine(say)))
  const isFirst = programsOnPath("docker")[0] === cli
  return { cli, ...(isFirst ? {} : { folder: await folderWith(cli, say) }), environment: await whereabouts(cli) }
}

// The first that reaches the engine and can build with BuildKit; else the first that reaches the engine.
async function reachingClient(): Promise<string | undefined> {
  const reaching: string[] = []
  for (const cli of programsOnPath("docker")) {
    const { stdout, exitCode } = await execa(cli, ["version", "--format", "{{.Client.Version}} {{.Server.Version}}"], {
      reject: false,
      timeout: 20_000,
    })
    if (exitCode !== 0) continue
    if (await buildsWithBuildKit(cli, Number.parseInt(stdout, 10))) return cli
    reaching.push(cli)
  }
  return reaching[0]
}

// From 23 on, the client leaves building to a plugin that is packaged apart from it.
async function buildsWithBuildKit(cli: string, major: number): Promise<boolean> {
  if (major < 23) return true
  return (await execa(cli, ["buildx", "version"], { reject: false })).exitCode === 0
}

async function startEngine(say: Say): Promise<string> {
  // Another run may have started it while we waited for our turn.
  const started = await reachingClient()
  if (started) return started
  if (programsOnPath("dockerd").length === 0) {
    await installDebianPackages(["docker.io", "iptables"], "a Docker engine", say)
    // Where there is an init, installing starts it.
    const installed = await reachingClient()
    if (installed) return installed
  }
  if (process.getuid?.() !== 0)
    throw new Error(
      "No Docker engine answers.\n" +
        "Meaning: nothing was started: that takes root.\n" +
        "Next: start Docker, or let this user reach it (group docker), or run this as root.",
    )
  const log = join(cacheFolder(), "docker/dockerd.log")
  if (await exists("/run/systemd/system")) {
    say("starting the Docker engine (systemctl start docker)")
    await execa("systemctl", ["start", "docker"])
  } else {
    await startDetached(log, say)
  }
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    const cli = await reachingClient()
    if (cli) return cli
    await sleep(200)
  }
  throw new Error(
    `The Docker engine was started and did not answer within 60 s.\n${await lastLines(log)}\n` +
      "Meaning: the lab has nowhere to run.\nNext: see what the engine says, put it right, and run this again.",
  )
}

async function startDetached(log: string, say: Say): Promise<void> {
  const pidfile = join(dirname(log), "dockerd.pid")
  say(`starting the Docker engine; it keeps running (its process: ${pidfile}, its log: ${log})`)
  await mkdir(dirname(log), { recursive: true })
  // Nothing answers, so whoever has this process's number by now is no engine; one would refuse to start beside it.
  await rm(pidfile, { force: true })
  const output = await open(log, "a")
  const [dockerd = "dockerd"] = programsOnPath("dockerd")
  const engine = spawn(dockerd, ["--pidfile", pidfile], { detached: true, stdio: ["ignore", output.fd, output.fd] })
  engine.on("error", (error) => say(`${dockerd} did not start: ${error.message}`)).unref()
  await output.close()
}

async function lastLines(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => "")
  return text.trimEnd().split("\n").slice(-10).join("\n")
}

async function folderWith(cli: string, say: Say): Promise<string> {
  return await madeOnce(`docker/client-${await digestOf([cli], [])}`, say, (draft) =>
    symlink(cli, join(draft, "docker")),
  )
}

// Contexts are the client's own: the provider's plugin and others know DOCKER_HOST only.
async function whereabouts(cli: string): Promise<Record<string, string>> {
  if (process.env.DOCKER_HOST) return {}
  const { stdout, exitCode } = await execa(cli, ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], {
    reject: false,
  })
  const isUsual = exitCode !== 0 || stdout === "unix:///var/run/docker.sock"
  return isUsual ? {} : { DOCKER_HOST: stdout }
}
