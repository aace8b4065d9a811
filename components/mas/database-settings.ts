/** How a database is reached, as a config file tells it. The password is a secret: it stays in memory. */
export interface DatabaseSettings {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/**
 * Reads the `database` section of MAS's config: `uri`, or its parts (configuration reference, MAS 1.22). What is left
 * out has libpq's defaults.
 */
export function readMasDatabase(section: Readonly<Record<string, unknown>>): DatabaseSettings {
  const part = (name: string, otherwise: string) => String(section[name] ?? otherwise)
  if (typeof section["uri"] === "string") return readUri(section["uri"])
  return {
    host: part("host", "localhost"),
    port: Number(part("port", "5432")),
    user: part("username", "postgres"),
    password: part("password", ""),
    database: part("database", part("username", "postgres")),
  }
}

function readUri(uri: string): DatabaseSettings {
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
