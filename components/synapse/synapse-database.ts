import type { DatabaseAddress } from "../host/database.ts"
import { Refusal } from "../report/refusal.ts"
import { at, type Homeserver } from "./homeserver.ts"

/**
 * How Synapse's database is reached: who and what from `database.args` of homeserver.yaml, which psycopg2 gets as they
 * are; where from `place` if given. Throws `synapse/no-postgres`: syn2mas knows no other.
 */
export function synapseDatabase(homeserver: Homeserver, place?: DatabaseAddress["address"]): DatabaseAddress {
  if (at(homeserver, "database", "name") !== "psycopg2") throw noPostgres(homeserver)
  const argument = (name: string) => at(homeserver, "database", "args", name)
  const user = String(argument("user") ?? "postgres")
  return {
    address: place ?? { host: String(argument("host") ?? "localhost"), port: Number(argument("port") ?? 5432) },
    user,
    password: String(argument("password") ?? ""),
    database: String(argument("dbname") ?? argument("database") ?? user),
  }
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
