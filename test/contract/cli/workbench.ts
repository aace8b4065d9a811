import { generateKeyPairSync } from "node:crypto"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import pg from "pg"
import { stringify } from "yaml"
import { type PostgresCluster, startPostgres } from "../../lab/postgres.ts"
import { type Running, type Said, startMasCli } from "./mas-cli.ts"
import { recording } from "./recorded.ts"
import { synapseSchema } from "./synapse-database.ts"

/** A folder with MAS's config and homeserver.yaml, and the two databases they name. */
export interface Workbench extends AsyncDisposable {
  readonly cluster: PostgresCluster
  /** URL of the homeserver in the config. */
  readonly endpoint: string
  /** Runs mas-cli here, with `c/config.yaml` unless the arguments name another. */
  run(...args: readonly string[]): Promise<Said>
  start(...args: readonly string[]): Running
  runWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Said>
  /** Rows of MAS's database. */
  mas(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
  synapse(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>
  /** Writes `c/config.yaml`: the recording's, with these sections in place of its own. */
  configure(sections?: Readonly<Record<string, unknown>>): Promise<void>
  /** Writes `homeserver.yaml`: the recording's, with these keys in place of its own. */
  configureSynapse(keys?: Readonly<Record<string, unknown>>): Promise<void>
  /** Any file, by its name in the folder. */
  write(name: string, text: string): Promise<void>
}

export interface WorkbenchOptions {
  /** What Synapse's database holds. */
  readonly people: string
  /** A homeserver to ask. Default: nobody answers there. */
  readonly endpoint?: string
}

/** A port where nothing listens. */
const nobody = "http://127.0.0.1:9/"

/** The passwords that recorded configurations and homeserver.yaml hold. */
const roles = { mas: "m", synapse: "s" } as const

export async function openWorkbench({ people, endpoint = nobody }: WorkbenchOptions): Promise<Workbench> {
  const cluster = await startPostgres()
  const folder = await mkdtemp(join(tmpdir(), "mas-contract-"))
  await using failed = new AsyncDisposableStack()
  failed.use(cluster)
  failed.defer(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, "c"))
  const [mas, synapse] = await Promise.all([
    cluster.createDatabase({ name: "mas", owner: roles.mas }),
    cluster.createDatabase({ name: "synapse", owner: roles.synapse }),
  ])
  const parts = { cluster, folder, mas: openPool(mas), synapse: openPool(synapse), endpoint }
  const bench = new Bench(parts)
  await bench.synapse(`${synapseSchema()}\n${people}`)
  await bench.configure()
  await bench.configureSynapse()
  await bench.run("database", "migrate")
  failed.move()
  return bench
}

interface Parts {
  readonly cluster: PostgresCluster
  readonly folder: string
  readonly mas: pg.Pool
  readonly synapse: pg.Pool
  readonly endpoint: string
}

class Bench implements Workbench {
  readonly cluster: PostgresCluster
  readonly endpoint: string
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.cluster = parts.cluster
    this.endpoint = parts.endpoint
    this.#parts = parts
  }

  start(...args: readonly string[]): Running {
    return this.#start({}, args)
  }

  run(...args: readonly string[]): Promise<Said> {
    return this.#start({}, args).said
  }

  runWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Said> {
    return this.#start(environment, args).said
  }

  mas(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]> {
    return ask(this.#parts.mas, sql, values)
  }

  synapse(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]> {
    return ask(this.#parts.synapse, sql, values)
  }

  async configure(sections: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const { port } = this.cluster
    const matrix = { ...(recording.baseConfig.matrix as object), endpoint: this.endpoint }
    const config = { ...recording.baseConfig, matrix, secrets, ...sections }
    // The recording's Postgres had the usual port.
    const text = stringify(config).replaceAll("@127.0.0.1/", `@127.0.0.1:${port}/`)
    await this.write("c/config.yaml", text)
  }

  async configureSynapse(keys: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const config = { ...recording.baseHomeserver, ...keys } as { database: { args: object } }
    const args = { ...config.database.args, port: this.cluster.port }
    await this.write("homeserver.yaml", stringify({ ...config, database: { ...config.database, args } }))
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.#parts.folder, name), text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#parts.mas.end(), this.#parts.synapse.end()])
    await this.cluster.stop()
    await rm(this.#parts.folder, { recursive: true, force: true })
  }

  #start(environment: Readonly<Record<string, string>>, args: readonly string[]): Running {
    return startMasCli(args, {
      folder: this.#parts.folder,
      environment: { MAS_CONFIG: "c/config.yaml", ...environment },
    })
  }
}

/** A connection that idles when the cluster ends is told so; nobody needs to hear of it. */
function openPool(connectionString: string): pg.Pool {
  return new pg.Pool({ connectionString, max: 2, allowExitOnIdle: true }).on("error", () => undefined)
}

async function ask(pool: pg.Pool, sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]> {
  const result = await pool.query<Record<string, unknown>>(sql, values ? [...values] : undefined)
  return result.rows ?? []
}

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey

/** The recording left these out. */
const secrets = {
  encryption: "0123456789abcdef".repeat(4),
  keys: [{ kid: "rsa", key: rsa.export({ type: "pkcs8", format: "pem" }) }],
}
