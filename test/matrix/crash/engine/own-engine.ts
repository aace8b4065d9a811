import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { execa } from "execa"
import { until } from "../lab/moments.ts"

/**
 * A Docker engine that nobody else has, so that it can be restarted and lose its power. It lives in the network namespace of
 * this process, and in namespaces of its own for processes and mounts: whoever ends the first process in there ends
 * engine and containers at one moment.
 */
export class OwnEngine implements AsyncDisposable {
  readonly #folder: string
  #engine: ChildProcess | undefined

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async make(): Promise<OwnEngine> {
    const folder = await mkdtemp(join(tmpdir(), "matrix-auth-engine-"))
    await writeFile(join(folder, "daemon.json"), "{}")
    const engine = new OwnEngine(folder)
    await engine.start().catch(async (error) => {
      await engine[Symbol.asyncDispose]()
      throw error
    })
    return engine
  }

  /** For DOCKER_HOST. */
  get address(): string {
    return `unix://${join(this.#folder, "docker.sock")}`
  }

  async start(): Promise<void> {
    const log = await open(join(this.#folder, "log"), "a")
    // An engine that the machine has beside Docker's own is not for this one.
    const script = `if [ -d /run/containerd ]; then mount -t tmpfs tmpfs /run/containerd; fi; exec dockerd "$@"`
    const apart = ["--mount", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc"]
    const words = [
      ...["--host", this.address, "--config-file", join(this.#folder, "daemon.json")],
      ...["--data-root", join(this.#folder, "data"), "--exec-root", join(this.#folder, "exec")],
      ...["--pidfile", join(this.#folder, "pid"), "--cgroup-parent", this.#cgroup],
    ]
    this.#engine = spawn("unshare", [...apart, "sh", "-c", script, "dockerd", ...words], {
      stdio: ["ignore", log.fd, log.fd],
    })
    await log.close()
    const answers = async () => (await this.#docker("version")).exitCode === 0
    await until("the engine answers", answers).catch(async (error) => {
      const said = await readFile(join(this.#folder, "log"), "utf8")
      throw new Error(`${error}\n${said.split("\n").slice(-10).join("\n")}`)
    })
  }

  /** As `systemctl restart docker` does it: containers are asked to end, and start by their policies. */
  async restart(): Promise<void> {
    const engine = this.#engine
    if (engine?.pid === undefined) throw new Error("the engine does not run")
    const ended = once(engine, "exit")
    const children = await readFile(`/proc/${engine.pid}/task/${engine.pid}/children`, "utf8")
    process.kill(Number(children.trim()), "SIGTERM")
    await ended
    await this.start()
  }

  /** At one moment, all that runs in containers and the engine itself. */
  async losePower(): Promise<void> {
    const engine = this.#engine
    if (engine === undefined || engine.exitCode !== null || engine.signalCode !== null) return
    const ended = once(engine, "exit")
    engine.kill("SIGKILL")
    await ended
    // As a boot finds it: what lies in /run is gone.
    for (const name of ["exec", "pid"]) await rm(join(this.#folder, name), { recursive: true, force: true })
  }

  async load(from: string, images: readonly string[]): Promise<void> {
    await execa({ buffer: false })("docker", ["--host", from, "save", ...images]).pipe("docker", [
      ...["--host", this.address, "load", "--quiet"],
    ])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.losePower()
    await rm(this.#folder, { recursive: true, force: true })
    // Each controller has a hierarchy of its own, or all have one; the folders of what ran there are empty by now.
    const below = ["-type", "d", "-path", `*${this.#cgroup}*`, "-delete"]
    await execa("find", ["/sys/fs/cgroup", ...below], { reject: false })
  }

  get #cgroup(): string {
    return `/${basename(this.#folder)}`
  }

  #docker(...words: readonly string[]) {
    return execa("docker", ["--host", this.address, ...words], { reject: false })
  }
}
