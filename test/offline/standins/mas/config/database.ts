import type { Cursor } from "./cursor.ts"

/** As in a URI, so in the section. */
export const sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const

/** Either a URI or its parts; with neither, libpq's environment decides. */
export interface DatabaseConfig {
  readonly uri: string | undefined
  readonly host: string | undefined
  readonly port: number | undefined
  /** Folder of a unix socket. */
  readonly socket: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  readonly passwordFile: string | undefined
  readonly database: string | undefined
  readonly sslMode: (typeof sslModes)[number] | undefined
  readonly maxConnections: number
  readonly connectTimeoutSeconds: number
}

export function readDatabase(root: Cursor): DatabaseConfig {
  const cursor = root.section("database", "DatabaseConfig")
  return {
    connectTimeoutSeconds: cursor.given("connect_timeout")?.integer() ?? 30,
    database: cursor.at("database")?.string(),
    host: cursor.at("host")?.string(),
    maxConnections: cursor.given("max_connections")?.integer("a nonzero u32") ?? 10,
    password: cursor.at("password")?.string(),
    passwordFile: cursor.at("password_file")?.string(),
    port: cursor.at("port")?.integer("u16"),
    socket: cursor.at("socket")?.string(),
    sslMode: cursor.at("ssl_mode")?.variant("PgSslMode", sslModes),
    uri: cursor.at("uri")?.string(),
    username: cursor.at("username")?.string(),
  }
}

export function validateDatabase(root: Cursor, config: DatabaseConfig): void {
  const cursor = root.section("database", "DatabaseConfig")
  const { host, port, socket, username, password, passwordFile, database } = config
  const hasParts = [host, port, socket, username, password, passwordFile, database].some((part) => part !== undefined)
  if (config.uri !== undefined && hasParts) {
    throw cursor.refusal(
      "uri must not be specified if host, port, socket, username, password, password_file, or database are specified",
    )
  }
  if (password !== undefined && passwordFile !== undefined) {
    throw cursor.refusal("password must not be specified if password_file is specified")
  }
}
