import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after } from "node:test"
import { fileURLToPath } from "node:url"
import { execa } from "execa"
import pRetry from "p-retry"
import pg from "pg"
import { type PostgresCluster, startPostgres } from "../../lab/postgres.ts"
import { type FakeSynapse, startFakeSynapse } from "./fake-synapse.ts"
import { masConfig } from "./mas-config.ts"
import { seed } from "./seed.ts"

/**
 * A MAS server that answers: the stand-in, or the one `MAS_CLI` names, with a private Postgres in the state of the
 * recording and a homeserver that only listens and remembers.
 */
export interface MasUnderTest extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string
  /** The listener of the health check. */
  readonly internalUrl: string
  readonly homeserver: FakeSynapse
  /** Its own log, line by line, so far. */
  readonly log: readonly string[]
  /** Rows of its database. */
  query(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
  /** Runs another command beside the server, by the same configuration. */
  command(...args: readonly string[]): Promise<{ readonly exitCode: number | undefined; readonly stderr: string }>
  /** Tells the server to end (SIGTERM); its exit code once it has. */
  end(): Promise<number | null>
}

export interface Circumstances {
  /** Top-level sections of the config that differ from the recording's. */
  readonly sections?: Readonly<Record<string, unknown>>
}

export async function startMas({ sections = {} }: Circumstances = {}): Promise<MasUnderTest> {
  await using parts = new AsyncDisposableStack()
  const postgres = await sharedPostgres()
  const homeserver = parts.use(await startFakeSynapse())
  const folder = await mkdtemp(join(tmpdir(), "mas-contract-"))
  parts.defer(() => rm(folder, { recursive: true, force: true }))
  const databaseUrl = await postgres.createDatabase({ owner: "mas" })
  const matrix = { kind: "synapse", homeserver: "ex.test", endpoint: homeserver.url, secret: "abc" }
  const file = join(folder, "config.yaml")
  const over = "matrix" in sections ? { ...sections, matrix: { ...matrix, ...(sections.matrix as object) } } : sections
  await writeFile(file, masConfig({ databaseUrl, homeserverUrl: homeserver.url, sections: over }), { mode: 0o600 })
  const server = parts.use(await launch(file))
  const database = parts.adopt(new pg.Pool({ connectionString: databaseUrl, max: 2 }), (pool) => pool.end())
  // An ended pool's connections may outlive it for a moment, and then hear of the end of Postgres.
  database.on("error", () => undefined)
  // The server itself has made the tables and the clients by now.
  await seed(database)
  const kept = parts.move()
  return {
    ...server.told,
    homeserver,
    end: server.end,
    query: async (sql, values) => (await database.query<Record<string, unknown>>(sql, values && [...values])).rows,
    command: (...args) => run(file, args),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

let cluster: Promise<PostgresCluster> | undefined

/** One for all tests of a file, a database each. */
function sharedPostgres(): Promise<PostgresCluster> {
  cluster ??= startPostgres()
  return cluster
}

after(async () => (await cluster)?.stop())

/** The stand-in, unless `MAS_CLI` names a real one. */
const program = process.env.MAS_CLI || fileURLToPath(new URL("../../offline/standins/mas/mas-cli", import.meta.url))

async function run(file: string, args: readonly string[]) {
  const { exitCode, stderr } = await execa(program, ["-c", file, ...args], {
    reject: false,
    timeout: 60_000,
  })
  if (exitCode !== 0) throw new Error(`mas-cli ${args.join(" ")} ended with ${exitCode}: ${stderr}`)
  return { exitCode, stderr }
}

interface Launched extends AsyncDisposable {
  readonly told: Pick<MasUnderTest, "url" | "internalUrl" | "log">
  readonly end: () => Promise<number | null>
}

async function launch(file: string): Promise<Launched> {
  const server = spawn(program, ["-c", file, "server"], { stdio: ["ignore", "ignore", "pipe"] })
  const ended = once(server, "exit").then(([code]) => code as number | null)
  const log: string[] = []
  let rest = ""
  server.stderr.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n")
    rest = lines.pop() ?? ""
    log.push(...lines)
  })
  const end = () => {
    server.kill("SIGTERM")
    return ended
  }
  const stop = async () => {
    server.kill("SIGKILL")
    await ended
  }
  try {
    const [url, internalUrl] = await addresses(log, () => server.exitCode !== null)
    return { told: { url, internalUrl, log }, end, [Symbol.asyncDispose]: stop }
  } catch (cause) {
    await stop()
    throw new Error(`the MAS server did not start:\n${log.join("\n")}`, { cause })
  }
}

/** The server says where it listens, for its ports were free ones. */
function addresses(log: readonly string[], hasEnded: () => boolean): Promise<[string, string]> {
  const find = () => {
    if (hasEnded()) throw new Error("it ended")
    const lines = log.flatMap((line) => /Listening on \D*(http:\/\/)?\D*?(127\.0\.0\.1:\d+)/.exec(line)?.[2] ?? [])
    const [web, internal] = lines
    if (web === undefined || internal === undefined) throw new Error("it does not listen yet")
    return [`http://${web}`, `http://${internal}`] as [string, string]
  }
  return pRetry(find, { retries: 600, minTimeout: 50, factor: 1, shouldRetry: () => !hasEnded() })
}
