import type { DatabaseAddress } from "../host/database.ts"

/** Where a database listens, as config says it. Default: what the service's own config names. */
export type DatabasePlace = DatabaseAddress["address"]

/**
 * How MAS's database is reached: who and what from the `database` section of its config (configuration reference, MAS
 * 1.22: `uri`, or its parts; what is left out has libpq's defaults), where from `place` if given.
 */
export function masDatabase(section: Readonly<Record<string, unknown>>, place?: DatabasePlace): DatabaseAddress {
  const { host, port, ...credentials } = typeof section.uri === "string" ? fromUri(section.uri) : fromParts(section)
  return { ...credentials, address: place ?? { host, port } }
}

interface Found {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

function fromParts(section: Readonly<Record<string, unknown>>): Found {
  const part = (name: string, otherwise: string) => String(section[name] ?? otherwise)
  const user = part("username", "postgres")
  return {
    host: part("host", "localhost"),
    port: Number(part("port", "5432")),
    user,
    password: part("password", ""),
    database: part("database", user),
  }
}

function fromUri(uri: string): Found {
  const url = new URL(uri)
  const user = decodeURIComponent(url.username) || "postgres"
  return {
    host: url.hostname || "localhost",
    port: Number(url.port || 5432),
    user,
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || user,
  }
}
