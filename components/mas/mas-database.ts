import { readKey } from "../files/managed-file.ts"
import type { DatabaseAddress } from "../host/database.ts"
import type { Host } from "../host/host.ts"
import { readServiceEnvironment, readServiceFile } from "../host/service-file.ts"
import { type KnownEnvironment, refuseOptions, undetermined } from "../host/undetermined.ts"
import { type MasAddress, masConfigFile } from "./mas-cli.ts"
import { readSqlxUri, type SqlxUri } from "./sqlx-uri.ts"

/** Where a database listens, as config says it. Default: what the service's own config names. */
export type DatabasePlace = DatabaseAddress["address"]

/** What the `database` section of MAS's config does not hold by itself. */
export interface DatabaseSources {
  readonly place?: DatabasePlace | undefined
  /** MAS's environment: it fills the gaps. */
  readonly environment?: KnownEnvironment
  /** What is in `password_file`. */
  readonly passwordFile?: string | undefined
}

/**
 * How MAS reaches its database: who and what from MAS's own config, where from `place` if given. Asks for the files and
 * the environment that the config leaves it to. Throws `database/undetermined`.
 */
export async function readMasDatabase(
  host: Host,
  mas: Pick<MasAddress, "service" | "config" | "keptAt">,
  place?: DatabasePlace,
): Promise<DatabaseAddress> {
  const section = await readKey(host, masConfigFile(mas), "database")
  const path = isSection(section) ? section.password_file : undefined
  const passwordFile = typeof path === "string" ? await readServiceFile(host, mas.service, path) : undefined
  const environment = isComplete(section) ? undefined : await readServiceEnvironment(host, mas.service)
  return masDatabase(section, { place, environment, passwordFile })
}

/** Whether the environment has nothing to add that we go by. */
function isComplete(section: unknown): boolean {
  if (!isSection(section)) return false
  const { uri } = section
  const parts = typeof uri === "string" ? readSqlxUri(uri, "database.uri") : fromParts(section)
  const hasPassword = parts.password !== undefined || typeof section.password_file === "string"
  return parts.user !== undefined && parts.database !== undefined && hasPassword
}

/**
 * As MAS reads the section (`uri`, or its parts, each with its own type) and sqlx completes it: by `PG*` of MAS's
 * environment, and a database that nobody names is the user's. Each rule seen with MAS 1.22.0. What MAS would not start
 * with is refused, as is what only MAS's own system knows. Throws `database/undetermined`.
 */
export function masDatabase(section: unknown, sources: DatabaseSources = {}): DatabaseAddress {
  const { place, environment: env } = sources
  const own = withEnvironment(sectionOf(section), env)
  const parts: SqlxUri = typeof own.uri === "string" ? readSqlxUri(own.uri, "database.uri") : fromParts(own)
  const key = (name: string) => (own.uri === undefined ? `database.${name}` : "database.uri")
  refuseOptions(parts.options ?? env?.PGOPTIONS, key("options"))
  const user = parts.user ?? env?.PGUSER
  if (user === undefined || user === "") throw nobody(key("username"))
  const password = passwordOf(own, parts, sources)
  const sslMode = typeof own.ssl_mode === "string" ? own.ssl_mode : (parts.sslMode ?? env?.PGSSLMODE)
  return {
    address: place ?? listening(parts, env, key),
    user,
    password,
    database: databaseOf(parts, env, user, key("database")),
    ...(/^(require|verify-ca|verify-full)$/.test(sslMode ?? "") ? { mustEncrypt: true } : {}),
  }
}

type Section = Readonly<Record<string, unknown>>

function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function sectionOf(value: unknown): Section {
  if (value === undefined) return {}
  if (!isSection(value)) throw wrongType("database", "a section with keys of its own")
  const section = Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null))
  for (const name of texts) {
    if (section[name] !== undefined && typeof section[name] !== "string") throw wrongType(`database.${name}`, "text")
  }
  const { port } = section
  if (port !== undefined && !(Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65535))
    throw wrongType("database.port", "a number without quotes")
  refuseBoth(section)
  return section
}

const texts = ["uri", "host", "socket", "username", "password", "password_file", "database", "ssl_mode"] as const
const split = ["host", "port", "socket", "username", "password", "password_file", "database"] as const

function refuseBoth(section: Section): void {
  const beside = section.uri === undefined ? undefined : split.find((name) => section[name] !== undefined)
  if (beside !== undefined) throw both(`database.${beside}`, "database.uri")
  if (section.password !== undefined && section.password_file !== undefined)
    throw both("database.password_file", "database.password")
}

/** `MAS_DATABASE_…` lies below the file (figment); what has an underscore in its name cannot be given so. */
function withEnvironment(section: Section, env: KnownEnvironment): Section {
  const names = ["uri", "host", "port", "socket", "username", "password", "database"] as const
  const given = names.flatMap((name) => {
    const value = env?.[`MAS_DATABASE_${name.toUpperCase()}`]
    return value === undefined ? [] : [[name, name === "port" ? Number(value) : value] as const]
  })
  const merged = { ...Object.fromEntries(given), ...section }
  refuseBoth(merged)
  return merged
}

function fromParts({ host, port, socket, username, password, database }: Section): SqlxUri {
  const isPath = typeof host === "string" && host.startsWith("/")
  return {
    ...(typeof host === "string" ? (isPath ? { socket: host } : { host }) : {}),
    ...(typeof socket === "string" ? { socket } : {}),
    ...(typeof port === "number" ? { port } : {}),
    ...(typeof username === "string" ? { user: username } : {}),
    ...(typeof password === "string" ? { password } : {}),
    ...(typeof database === "string" ? { database } : {}),
  }
}

function passwordOf(own: Section, parts: SqlxUri, { passwordFile, environment }: DatabaseSources): string {
  if (own.password_file === undefined) return parts.password ?? environment?.PGPASSWORD ?? ""
  if (passwordFile !== undefined) return passwordFile.trim()
  throw undetermined({
    keyPath: "database.password_file",
    what: "The file with the password of MAS's database is not where MAS's config names it, or nobody but MAS sees it",
    next: "Let it be a file that MAS's container mounts from the host.",
  })
}

function databaseOf({ database }: SqlxUri, env: KnownEnvironment, user: string, keyPath: string): string {
  if (database !== undefined) return database || user
  if (env !== undefined) return env.PGDATABASE || user
  throw undetermined({
    keyPath,
    what: "MAS's config names no database, and MAS's environment, which may name one, is not seen from here",
    next: "Name the database there.",
  })
}

function listening(parts: SqlxUri, env: KnownEnvironment, key: (name: string) => string) {
  const host = parts.host ?? env?.PGHOSTADDR ?? env?.PGHOST
  const isOne = host !== undefined && host !== "" && !/[,/]/.test(host)
  if (parts.socket === undefined && isOne) return { host, port: parts.port ?? Number(env?.PGPORT ?? 5432) }
  throw undetermined({
    keyPath: key(parts.socket === undefined ? "host" : "socket"),
    what: isOne
      ? "MAS reaches its database by a socket, and where that leads is not seen from here"
      : "MAS's config names no single host of its database",
    next: "Name the database's container, or its host and port, in the stack's config (`databases.mas`).",
  })
}

function nobody(keyPath: string) {
  return undetermined({
    keyPath,
    what: "MAS's config does not say as whom MAS opens its database: that is the system's user of whoever runs MAS",
    next: "Name the user there.",
  })
}

function wrongType(keyPath: string, expected: string) {
  return undetermined({
    keyPath,
    what: `${keyPath} of MAS's config is not ${expected}, and MAS would not start with it`,
    next: `Write ${expected}${expected === "text" ? ", in quotes" : ""}.`,
  })
}

function both(keyPath: string, other: string) {
  return undetermined({
    keyPath,
    what: `MAS's config has ${keyPath} beside ${other}, and MAS would not start with both`,
    next: "Take one of them out.",
  })
}
