import { parseAsPythonText } from "../documents/python-text.ts"
import { readUsable } from "../files/usable-text.ts"
import type { DatabaseAddress } from "../host/database.ts"
import type { Host } from "../host/host.ts"
import { readServiceEnvironment, readServiceFile } from "../host/service-file.ts"
import { type KnownEnvironment, refuseOptions, undetermined } from "../host/undetermined.ts"
import { Refusal } from "../report/refusal.ts"
import { type Conninfo, parameters, readConninfo } from "./conninfo.ts"
import { at, type Homeserver, isSection } from "./homeserver.ts"
import { passwordIn } from "./passfile.ts"
import type { SynapseAddress } from "./synapse-address.ts"

/** What homeserver.yaml does not hold by itself. */
export interface DatabaseSources {
  readonly place?: DatabaseAddress["address"] | undefined
  /** Synapse's environment: it fills the gaps. */
  readonly environment?: KnownEnvironment
  /** What is in the file that `passfile` names. */
  readonly passfile?: string | undefined
}

/**
 * How Synapse reaches its database: who and what from homeserver.yaml, where from `place` if given. Asks for the files and
 * the environment that it leaves it to. Throws `synapse/no-postgres`, `database/undetermined`.
 */
export async function readSynapseDatabase(
  host: Host,
  {
    service,
    homeserverYaml,
    keptAt,
  }: Pick<SynapseAddress, "service" | "homeserverYaml"> & { readonly keptAt?: string },
  place?: DatabaseAddress["address"],
): Promise<DatabaseAddress> {
  const file = { path: homeserverYaml, dialect: "yaml11", ...(keptAt === undefined ? {} : { keptAt }) } as const
  const homeserver = parseAsPythonText((await readUsable(host, file)).text) as Homeserver
  const given = argumentsOf(homeserver)
  const isWhole = ["user", "dbname", "password"].every((name) => given[name] !== undefined)
  const environment = isWhole ? undefined : await readServiceEnvironment(host, service)
  const path = given.passfile ?? environment?.PGPASSFILE
  const passfile = path === undefined || given.password ? undefined : await readServiceFile(host, service, path)
  return synapseDatabase(homeserver, { place, environment, passfile })
}

/**
 * As psycopg2 reads `database.args` (2.9: each argument as Python prints it, over what `dsn` says) and libpq completes it:
 * by `PG*` of Synapse's environment and a password file, and a database that nobody names is the user's. What Synapse would
 * not start with is refused, as is what only Synapse's own system knows. Throws `synapse/no-postgres`: syn2mas knows no other.
 *
 * @param homeserver of what Python prints otherwise than JSON does, `parseAsPythonText` has the text.
 */
export function synapseDatabase(homeserver: Homeserver, sources: DatabaseSources = {}): DatabaseAddress {
  const { place, environment: env } = sources
  const given = argumentsOf(homeserver)
  if ((given.service ?? env?.PGSERVICE) !== undefined) throw inServiceFile()
  refuseOptions(given.options ?? env?.PGOPTIONS, key("options"))
  const user = given.user ?? env?.PGUSER
  if (user === undefined || user === "") throw nobody()
  const database = databaseOf(given, env) || user
  const whereTo = whereabouts(given, env)
  const sslMode = (given.sslmode ?? env?.PGSSLMODE) || "prefer"
  if (!sslModes.test(sslMode)) throw wrong(key("sslmode"), "is no mode of encryption")
  return {
    address: place ?? listening(whereTo),
    user,
    password: (given.password ?? env?.PGPASSWORD) || fromFile(given, sources, { ...whereTo, database, user }),
    database,
    ...(/^(require|verify-)/.test(sslMode) ? { mustEncrypt: true } : {}),
  }
}

const sslModes = /^(disable|allow|prefer|require|verify-ca|verify-full)$/

function key(name: string): string {
  return `database.args.${name}`
}

/** What libpq is given: the arguments over what `dsn` says. Throws as {@link synapseDatabase}. */
export function argumentsOf(homeserver: Homeserver): Conninfo {
  if (at(homeserver, "databases") !== undefined && at(homeserver, "database") === undefined) throw several()
  if (at(homeserver, "database", "name") !== "psycopg2") throw noPostgres(homeserver)
  const args = at(homeserver, "database", "args") ?? {}
  if (!isSection(args)) throw wrong("database.args", "is no section")
  // Those are of Synapse's pool of connections.
  const own = Object.entries(args).filter(([name, value]) => !name.startsWith("cp_") && value !== null)
  const texts = Object.fromEntries(own.map(([name, value]) => [name, textOf(name, value)]))
  const { dsn, database, ...named } = texts
  // Even where one of them is null.
  if ("database" in args && "dbname" in args) throw wrong(key("database"), "stands beside dbname")
  const unknown = Object.keys(named).find((name) => !parameters.has(name))
  if (unknown !== undefined) throw wrong(key(unknown), "is no parameter of a connection")
  const said = dsn === undefined ? {} : readConninfo(dsn)
  if (said === undefined) throw wrong(key("dsn"), "cannot be read as a connection string")
  return { ...said, ...named, ...(database === undefined ? {} : { dbname: database }) }
}

function textOf(name: string, value: unknown): string {
  if (typeof value === "string") return value
  if (typeof value === "boolean") return value ? "True" : "False"
  if (Number.isSafeInteger(value)) return String(value)
  throw undetermined({
    keyPath: key(name),
    what: `What Synapse makes of ${key(name)} in homeserver.yaml is not certain: it is neither text nor a whole number`,
    next: "Write it in quotes, as the database server knows it.",
  })
}

function databaseOf({ dbname }: Conninfo, env: KnownEnvironment): string {
  if (dbname !== undefined) return dbname
  if (env !== undefined) return env.PGDATABASE ?? ""
  throw undetermined({
    keyPath: key("dbname"),
    what: "homeserver.yaml names no database, and Synapse's environment, which may name one, is not seen from here",
    next: "Name the database there.",
  })
}

/** Where libpq goes, and under which name a password is looked up: the usual socket is `localhost` there. */
interface Whereabouts {
  readonly host: string
  readonly port: string
  /** An address counts more than a name; unset for the usual socket. */
  readonly place: string | undefined
}

function whereabouts(given: Conninfo, env: KnownEnvironment): Whereabouts {
  const host = given.host ?? env?.PGHOST
  const address = given.hostaddr ?? env?.PGHOSTADDR
  const differ = host && address && host.split(",").length !== address.split(",").length
  if (differ) throw wrong(key("hostaddr"), "has not as many addresses as there are hosts")
  const port = (given.port ?? env?.PGPORT ?? "").trim() || "5432"
  return { host: host || address || "localhost", port, place: address || host || undefined }
}

function fromFile(
  given: Conninfo,
  { environment, passfile }: DatabaseSources,
  owner: Parameters<typeof passwordIn>[1],
) {
  if (passfile !== undefined) return passwordIn(passfile, owner) ?? ""
  if (!given.passfile && environment?.PGPASSFILE === undefined) return ""
  throw undetermined({
    keyPath: key("passfile"),
    what: "The file with the password of Synapse's database is not where homeserver.yaml names it, or nobody but Synapse sees it",
    next: "Let it be a file that Synapse's container mounts from the host, or write the password as `password`.",
  })
}

function listening({ place, port }: Whereabouts) {
  const isOne = place !== undefined && !/^[/@]|,/.test(place)
  if (isOne && /^\+?\d{1,5}$/.test(port)) return { host: place, port: Number(port) }
  throw undetermined({
    keyPath: key(isOne ? "port" : "host"),
    what: isOne
      ? "The port of Synapse's database is no number"
      : "Synapse reaches its database by a socket or at one of several hosts, and where that leads is not seen from here",
    next: "Name the database's container, or its host and port, in the stack's config (`databases.synapse`).",
  })
}

function inServiceFile() {
  return undetermined({
    keyPath: key("service"),
    what: "Synapse takes its database from a service file of its own system, which is not seen from here",
    next: "Write host, user, password and dbname into database.args, as the service file has them.",
  })
}

function nobody() {
  return undetermined({
    keyPath: key("user"),
    what: "homeserver.yaml does not say as whom Synapse opens its database: that is the system's user of whoever runs Synapse",
    next: "Name the user there.",
  })
}

function several() {
  return undetermined({
    keyPath: "databases",
    what: "Synapse keeps its data in several databases, and syn2mas reads one",
    next: "Bring them together into one, as `database`.",
  })
}

function wrong(keyPath: string, how: string) {
  return undetermined({
    keyPath,
    what: `${keyPath} of homeserver.yaml ${how}, and Synapse would not start with it`,
    next: "Mend it.",
  })
}

function noPostgres(homeserver: Homeserver): Refusal {
  return new Refusal({
    code: "synapse/no-postgres",
    what: `Synapse's database is ${String(at(homeserver, "database", "name") ?? "sqlite3")}, and syn2mas reads Postgres only`,
    where: { keyPath: "database.name" },
    meaning: "Nothing was changed; Synapse goes on as it was.",
    next: "Move Synapse to Postgres first (`synapse_port_db`), see that it runs, then try again.",
  })
}
