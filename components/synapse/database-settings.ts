import { at, type Homeserver } from "./homeserver.ts"

/** How a database is reached, as a config file tells it. The password is a secret: it stays in memory. */
export interface DatabaseSettings {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** Reads `database.args` of homeserver.yaml, which psycopg2 gets as it is; `undefined` where it is no Postgres. */
export function readSynapseDatabase(homeserver: Homeserver): DatabaseSettings | undefined {
  if (at(homeserver, "database", "name") !== "psycopg2") return undefined
  const argument = (name: string) => at(homeserver, "database", "args", name)
  const user = String(argument("user") ?? "postgres")
  return {
    host: String(argument("host") ?? "localhost"),
    port: Number(argument("port") ?? 5432),
    user,
    password: String(argument("password") ?? ""),
    database: String(argument("dbname") ?? argument("database") ?? user),
  }
}
