import { readFile } from "node:fs/promises"
import pg from "pg"
import type { DatabaseConfig } from "./config/database.ts"
import { Failure } from "./failure.ts"

const defaultPort = 5432
const systemTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Connection refused (os error 111)",
  ENOENT: "No such file or directory (os error 2)",
  EACCES: "Permission denied (os error 13)",
  ETIMEDOUT: "Connection timed out (os error 110)",
  ENOTFOUND: "failed to lookup address information: Name or service not known",
}

/** MAS's tables through a pool. Connections that die idle are no reason to end. @throws Failure if none can be made. */
export async function openPool(config: DatabaseConfig): Promise<pg.Pool> {
  const pool = new pg.Pool({ ...(await clientConfig(config)), max: config.maxConnections })
  pool.on("error", () => undefined)
  try {
    await pool.query("select 1")
    return pool
  } catch (cause) {
    await pool.end()
    throw new Failure("could not connect to the database", databaseCauses(cause))
  }
}

/** One connection to MAS's database. @throws Failure in MAS's words. */
export async function connect(config: DatabaseConfig): Promise<pg.Client> {
  return connectTo(await clientConfig(config), "could not connect to the database")
}

/** One connection; `context` is what MAS says when it fails. */
export async function connectTo(options: pg.ClientConfig, context: string): Promise<pg.Client> {
  const client = new pg.Client(options)
  client.on("error", () => undefined)
  try {
    await client.connect()
    return client
  } catch (cause) {
    throw new Failure(context, databaseCauses(cause))
  }
}

async function clientConfig(config: DatabaseConfig): Promise<pg.ClientConfig> {
  const connectionTimeoutMillis = config.connectTimeoutSeconds * 1000
  const ssl = config.sslMode === undefined || ["disable", "allow", "prefer"].includes(config.sslMode)
  const common = {
    connectionTimeoutMillis,
    ...(ssl ? {} : { ssl: { rejectUnauthorized: config.sslMode !== "require" } }),
  }
  if (config.uri !== undefined) return { ...common, ...parseUri(config.uri) }
  const password = config.passwordFile ? (await readFile(config.passwordFile, "utf8")).trim() : config.password
  const parts = {
    host: config.socket ?? config.host,
    port: config.port,
    user: config.username,
    database: config.database,
  }
  return { ...common, ...defined({ ...parts, password }) }
}

/** A Postgres URI; what it leaves out comes from libpq's environment. @throws Failure for what is no such URI. */
export function parseUri(uri: string): pg.ClientConfig {
  if (!/^postgres(ql)?:/.test(uri)) throw new Failure("could not parse database connection string", ["invalid scheme"])
  const [, credentials, host, port, database] =
    /^postgres(?:ql)?:(?:\/\/)?(?:([^@/?#]*)@)?([^:/?#]*)(?::(\d+))?(?:\/([^?#]*))?/.exec(uri) ?? []
  const query = new URLSearchParams(uri.split("?")[1] ?? "")
  const [user, ...password] = (credentials ?? "").split(":").map(decodeURIComponent)
  return defined({
    user: user || query.get("user") || undefined,
    password: password.join(":") || query.get("password") || undefined,
    host: decodeURIComponent(host ?? "") || query.get("host") || undefined,
    port: port || query.has("port") ? Number(port ?? query.get("port") ?? defaultPort) : undefined,
    database: decodeURIComponent(database ?? "") || query.get("dbname") || undefined,
  })
}

function defined(options: Record<string, string | number | undefined>): pg.ClientConfig {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

/** The two lines under `Caused by:`, for an error of Postgres and for one of the way to it. */
export function databaseCauses(cause: unknown): readonly string[] {
  if (cause instanceof Failure) return [cause.message, ...cause.causes]
  if (cause instanceof pg.DatabaseError) return [`error returned from database: ${cause.message}`, cause.message]
  const first = cause instanceof AggregateError ? cause.errors[0] : cause
  const code = first instanceof Error && "code" in first ? String(first.code) : ""
  const text = systemTexts[code] ?? (first instanceof Error ? first.message : String(first))
  return [`error communicating with database: ${text}`, text]
}
