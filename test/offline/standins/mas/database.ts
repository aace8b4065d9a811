import { readFile } from "node:fs/promises"
import pg from "pg"
import { type DatabaseConfig, sslModes } from "./config/database.ts"
import { Failure } from "./failure.ts"

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

/**
 * A connection URI by sqlx's rules: a URL of any scheme, then its query, where the later word wins and a socket counts more
 * than a host. What it leaves out comes from the environment. @throws Failure for what is no such URI.
 */
export function parseUri(uri: string): pg.ClientConfig {
  const url = parseUrl(uri)
  const authority = unescaped(url.hostname)
  const found: Record<string, string | undefined> = {
    [nameOf("host", authority)]: authority || undefined,
    port: url.port || undefined,
    user: unescaped(url.username) || undefined,
    password: unescaped(url.password) || undefined,
    database: unescaped(url.pathname.replace(/^\/+/, "")) || undefined,
  }
  for (const [key, value] of url.searchParams) found[nameOf(key, value)] = value
  const isFit = /^\d*$/.test(found.port ?? "") && sslModes.some((mode) => mode === (found.sslmode ?? "prefer"))
  if (!isFit) throw new Failure("could not parse database connection string", ["error with configuration"])
  const { socket, host, port, user, password, database, options } = found
  const place = socket ?? host?.replace(/^\[(.*)\]$/, "$1")
  return defined({ host: place, port: port && Number(port), user, password, database, options })
}

/** Which part a word of the query is; others go by names that nobody reads. */
function nameOf(key: string, value: string): string {
  if (key === "host") return value.startsWith("/") ? "socket" : "host"
  return { hostaddr: "host", dbname: "database" }[key] ?? key
}

function parseUrl(uri: string): URL {
  try {
    return new URL(uri)
  } catch {
    throw new Failure("could not parse database connection string", [
      "error with configuration: relative URL without a base",
      "relative URL without a base",
    ])
  }
}

/** A `%` that begins no escape is itself. */
function unescaped(text: string): string {
  const escaped = text.replace(/%(?![0-9a-f]{2})/gi, "%25")
  try {
    return decodeURIComponent(escaped)
  } catch {
    throw new Failure("could not parse database connection string", [
      "error with configuration: invalid utf-8 sequence",
    ])
  }
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
