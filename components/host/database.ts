import type { Duplex } from "node:stream"
import pg from "pg"
import { Refusal } from "../report/refusal.ts"
import { refuseConnecting, refuseQuery } from "./database-refusals.ts"
import type { Argv, Host } from "./host.ts"
import { forgetService, knownService } from "./inspection.ts"
import type { ServiceAddress } from "./service-address.ts"

/** How to reach a Postgres database. The password travels to the server only, by SCRAM where it asks for that. */
export interface DatabaseAddress {
  /** A container by name, asked for its address on its networks, or what can be reached from the host. */
  readonly address:
    | { readonly container: string; readonly port?: number; readonly engine?: Argv }
    | { readonly host: string; readonly port?: number }
  readonly user: string
  readonly password?: string
  readonly database: string
  /** Its service asks for encryption: nothing is sent in clear where the server has none. Default: false. */
  readonly mustEncrypt?: boolean
}

export interface DatabaseOptions {
  /** Default: false; the server then refuses every statement that would change something. */
  readonly writable?: boolean
  /** How long a statement may take. Default: 60. */
  readonly statementSeconds?: number
  /** How long the server may take to let us in. Default: 15. */
  readonly connectSeconds?: number
}

/**
 * A session in a database. 64-bit integers and numerics come as strings, timestamps as `Date`, JSON parsed.
 * Statements throw `database/table-missing`, `database/lacks-rights`, or `database/query-failed`; never with a
 * parameter's value in the text.
 */
export interface Database extends AsyncDisposable {
  rows<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>
  /** Of a query that gives exactly one row. */
  row<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<Row>
  /** How many rows it touched. */
  execute(sql: string, parameters?: readonly unknown[]): Promise<number>
  /** All or nothing; by default at the level that sees one moment (`REPEATABLE READ`). Not to be nested. */
  transaction<T>(work: () => Promise<T>): Promise<T>
  /** May be called again. */
  close(): Promise<void>
}

/**
 * Begins a session over `Host.connect`, read-only unless said otherwise. Encrypted where the server offers it, with
 * whatever certificate it has (libpq's `sslmode=prefer`): the way there is the host's own or a network of containers.
 *
 * Throws `database/unreachable`, `database/password-refused`, `database/missing`.
 */
export async function openDatabase(
  host: Host,
  address: DatabaseAddress,
  options: DatabaseOptions = {},
): Promise<Database> {
  const { writable = false, statementSeconds = 60, connectSeconds = 15 } = options
  const listening = await whereItListens(host, address)
  const client = await connect(host, address, { ...listening, connectSeconds })
  try {
    await client.query(`SET default_transaction_read_only = ${writable ? "off" : "on"}`)
    await client.query(`SET statement_timeout = ${Math.round(statementSeconds * 1000)}`)
  } catch (error) {
    await client.end()
    throw error
  }
  return session(client, { host: host.name, database: address.database })
}

function serviceOf({ container, engine }: { readonly container: string; readonly engine?: Argv }): ServiceAddress {
  return { name: container, ...(engine ? { engine } : {}) }
}

interface Listening {
  readonly hostname: string
  readonly port: number
}

async function whereItListens(host: Host, { address, database }: DatabaseAddress): Promise<Listening> {
  const port = address.port ?? 5432
  if ("host" in address) return { hostname: address.host, port }
  const { container } = address
  const inspection = await knownService(host, serviceOf(address))
  const hostname = inspection.networks.find((network) => network.address !== undefined)?.address
  if (hostname !== undefined) return { hostname, port }
  if (inspection.isRunning && inspection.networkMode === "host") return { hostname: "127.0.0.1", port }
  throw new Refusal({
    code: "database/unreachable",
    what: inspection.isRunning
      ? `The container ${container} has no address on any network`
      : `The container ${container} of the database is not running`,
    where: { host: host.name, container, database },
    meaning: "Nothing was read and nothing was changed.",
    next: `Start it (\`docker start ${container}\`), or give the database's host and port.`,
  })
}

async function connect(host: Host, address: DatabaseAddress, attempt: Attempt): Promise<pg.Client> {
  try {
    return await begin(host, address, { ...attempt, ssl: { rejectUnauthorized: false } }).catch((error) => {
      if (address.mustEncrypt || !/does not support SSL connections/.test(String(error))) throw error
      return begin(host, address, { ...attempt, ssl: false })
    })
  } catch (error) {
    if ("container" in address.address) forgetService(host, serviceOf(address.address))
    throw refuseConnecting(error, { host: host.name, ...address })
  }
}

interface Attempt extends Listening {
  readonly connectSeconds: number
  readonly ssl?: { readonly rejectUnauthorized: false } | false
}

async function begin(
  host: Host,
  { user, password = "", database }: DatabaseAddress,
  { hostname, port, connectSeconds, ssl = false }: Attempt,
): Promise<pg.Client> {
  const stream = await host.connect(hostname, port)
  const client = new pg.Client({
    ...{ host: hostname, port, user, database, ssl },
    // Given as a function, an empty one does not send pg to look into this process's environment and files.
    password: () => password,
    application_name: "matrix-auth",
    connectionTimeoutMillis: connectSeconds * 1000,
    stream: () => asSocket(stream),
  })
  // After the session has begun, pg tells a broken connection here as well as to the query that it breaks.
  client.on("error", () => {})
  try {
    await client.connect()
  } catch (error) {
    stream.destroy()
    throw error
  }
  return client
}

/** pg is given a socket and connects it; ours is connected already. */
function asSocket(stream: Duplex): Duplex {
  return Object.assign(stream, {
    connect: () => void queueMicrotask(() => stream.emit("connect")),
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
  })
}

function session(client: pg.Client, where: { readonly host: string; readonly database: string }): Database {
  const ask = async (sql: string, parameters: readonly unknown[]) => {
    try {
      return await client.query(sql, [...parameters])
    } catch (error) {
      throw refuseQuery(error, where)
    }
  }
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= client.end()
    return closing
  }
  return {
    rows: async (sql, parameters = []) => (await ask(sql, parameters)).rows,
    async row(sql, parameters = []) {
      const { rows } = await ask(sql, parameters)
      if (rows.length === 1) return rows[0]
      throw new Error(`expected one row, got ${rows.length}: ${sql}`)
    },
    execute: async (sql, parameters = []) => (await ask(sql, parameters)).rowCount ?? 0,
    async transaction(work) {
      await ask("BEGIN ISOLATION LEVEL REPEATABLE READ", [])
      try {
        const result = await work()
        await ask("COMMIT", [])
        return result
      } catch (error) {
        // Where the session itself broke, the server rolls back by itself.
        await client.query("ROLLBACK").catch(() => {})
        throw error
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
