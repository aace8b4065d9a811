import { spawn } from "node:child_process"
import { once } from "node:events"
import { chown, mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import pRetry from "p-retry"
import pg from "pg"

/** A private Postgres of one test: on loopback and on a socket in its own folder. Gone with all its data when disposed. */
export interface PostgresCluster extends AsyncDisposable {
  readonly host: "127.0.0.1"
  readonly port: number
  /** Folder of the unix socket; peers there are trusted, whereas TCP wants a password (scram). */
  readonly socketDirectory: string
  /** Major version of the server, such as 15. */
  readonly version: number
  /** Makes a database and, if need be, the role that owns it. Returns its URL, with the owner's password. */
  createDatabase(options?: DatabaseOptions): Promise<string>
  /** A log-in role. `superuser` may do everything. */
  createRole(name: string, password: string, options?: { superuser?: boolean }): Promise<void>
  /** Runs statements as the superuser; the rows of the last one come back. */
  query(database: string, sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
  /** Ends it and removes its folder. Called again it does nothing. */
  stop(): Promise<void>
}

export interface DatabaseOptions {
  /** Default: a name nobody has. */
  readonly name?: string
  /** Role that owns it; made if absent. Default: the superuser. */
  readonly owner?: string
  /** Password of the owner. Default: the owner's name. */
  readonly password?: string
}

const superuser = "postgres"
const superuserPassword = "lab-superuser"
let databasesMade = 0

/**
 * Starts a Postgres of this machine's own packages in a temporary folder, as an unprivileged user. Everything is
 * created with locale C and UTF-8, which is what Synapse asks for.
 *
 * Where the machine has no Postgres, Debian's package is installed, said aloud on stderr.
 */
export async function startPostgres(): Promise<PostgresCluster> {
  const bin = (await findServerPrograms()) ?? (await installServerPrograms())
  const owner = await unprivilegedOwner()
  const folder = await mkdtemp(join(tmpdir(), "postgres-lab-"))
  try {
    if (owner) await chown(folder, owner.uid, owner.gid)
    await initialise({ bin, folder, owner })
    return await pRetry(() => launch({ bin, folder, owner }), { retries: 3, minTimeout: 50 })
  } catch (cause) {
    await rm(folder, { recursive: true, force: true })
    throw new Error("the private Postgres of this test did not start", { cause })
  }
}

interface Installation {
  readonly bin: string
  readonly folder: string
  readonly owner: Owner | undefined
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Debian keeps the server's programs outside PATH, one folder a major version; the newest is taken. */
async function findServerPrograms(): Promise<string | undefined> {
  const root = "/usr/lib/postgresql"
  const versions = (await readdir(root).catch(() => [])).map(Number).sort((a, b) => b - a)
  for (const version of versions) {
    const bin = `${root}/${version}/bin`
    if ((await readdir(bin)).includes("initdb")) return bin
  }
  const { stdout } = await execa("sh", ["-c", "command -v initdb"], { reject: false })
  return stdout ? join(stdout, "..") : undefined
}

async function installServerPrograms(): Promise<string> {
  process.stderr.write("No Postgres server on this machine: installing Debian's package postgresql with apt-get.\n")
  const env = { DEBIAN_FRONTEND: "noninteractive" }
  await execa("apt-get", ["update", "-q"], { env })
  await execa("apt-get", ["install", "-q", "-y", "--no-install-recommends", "postgresql"], { env })
  const bin = await findServerPrograms()
  if (!bin) throw new Error("apt-get installed postgresql, yet there is no initdb in /usr/lib/postgresql/*/bin")
  return bin
}

/** Postgres refuses to run as root: root hands over to the packaged `postgres` user, anyone else runs it himself. */
async function unprivilegedOwner(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all([execa("id", ["-u", superuser]), execa("id", ["-g", superuser])])
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

async function initialise({ bin, folder, owner }: Installation): Promise<void> {
  const passwordFile = join(folder, "password")
  await writeFile(passwordFile, superuserPassword, { mode: 0o600 })
  if (owner) await chown(passwordFile, owner.uid, owner.gid)
  const auth = [
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
  ]
  const layout = ["--locale=C", "--encoding=UTF8", "--no-sync", `--pgdata=${join(folder, "data")}`]
  await execa(join(bin, "initdb"), [...auth, ...layout], { cwd: folder, ...owner })
}

async function launch({ bin, folder, owner }: Installation): Promise<PostgresCluster> {
  const port = await freePort()
  const settings = { listen_addresses: "127.0.0.1", port, unix_socket_directories: folder, ...throwAway }
  const flags = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`])
  // The kernel ends it with us, however we end: a killed test run leaves no server behind.
  const asOwner = owner ? [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups"] : []
  const command = ["--pdeathsig", "INT", ...asOwner, join(bin, "postgres"), "-D", join(folder, "data"), ...flags]
  const server = spawn("setpriv", command, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] })
  const said: string[] = []
  server.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text))
  const ended = once(server, "exit")
  const stop = async () => {
    server.kill("SIGINT")
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  const cluster = new Cluster({ port, folder, version: Number(/\/(\d+)\/bin/.exec(bin)?.[1] ?? 0), stop })
  const exited = ended.then(() => Promise.reject(new Error(`postgres ended at once: ${said.join("").slice(-2000)}`)))
  exited.catch(() => undefined)
  await Promise.race([
    exited,
    pRetry(() => cluster.query(superuser, "select 1"), { retries: 200, minTimeout: 25, factor: 1 }),
  ])
  return cluster
}

/** What a database that dies with its test needs not to do. */
const throwAway = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", shared_buffers: "32MB" }

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port")
  return address.port
}

interface ClusterParts {
  readonly port: number
  readonly folder: string
  readonly version: number
  readonly stop: () => Promise<void>
}

class Cluster implements PostgresCluster {
  readonly host = "127.0.0.1"
  readonly port: number
  readonly socketDirectory: string
  readonly version: number
  readonly #stop: () => Promise<void>
  #stopped: Promise<void> | undefined

  constructor({ port, folder, version, stop }: ClusterParts) {
    this.port = port
    this.socketDirectory = folder
    this.version = version
    this.#stop = stop
  }

  async createDatabase(options: DatabaseOptions = {}): Promise<string> {
    const name = options.name ?? `lab_${process.pid}_${++databasesMade}`
    const owner = options.owner ?? superuser
    const password = options.password ?? (owner === superuser ? superuserPassword : owner)
    if (owner !== superuser) await this.createRole(owner, password)
    await this.query(superuser, `create database ${pg.escapeIdentifier(name)} owner ${pg.escapeIdentifier(owner)}`)
    return `postgresql://${encodeURIComponent(owner)}:${encodeURIComponent(password)}@${this.host}:${this.port}/${name}`
  }

  async createRole(name: string, password: string, { superuser = false } = {}): Promise<void> {
    const known = await this.query("postgres", "select 1 from pg_roles where rolname = $1", [name])
    if (known.length > 0) return
    const rights = superuser ? "superuser" : "nosuperuser"
    await this.query(
      "postgres",
      `create role ${pg.escapeIdentifier(name)} login ${rights} password ${pg.escapeLiteral(password)}`,
    )
  }

  async query(database: string, sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ host: this.socketDirectory, port: this.port, user: superuser, database })
    await client.connect()
    try {
      const result = await client.query<Record<string, unknown>>(sql, values ? [...values] : undefined)
      // Several statements in one text give several results.
      const last = Array.isArray(result) ? result.at(-1) : result
      return last?.rows ?? []
    } finally {
      await client.end()
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
