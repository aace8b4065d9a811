import assert from "node:assert/strict"
import { test } from "node:test"
import { Refusal } from "../../../components/report/refusal.ts"
import { synapseDatabase } from "../../../components/synapse/synapse-database.ts"

const place = { container: "postgres", port: 5432 }

function homeserver(args: object, name = "psycopg2") {
  return { database: { name, args } }
}

test("the database is reached by the arguments that psycopg2 gets", () => {
  const args = { user: "synapse", password: "s3cret", dbname: "matrix", host: "db", port: 5433, cp_min: 5 }
  assert.deepEqual(synapseDatabase(homeserver(args)), {
    address: { host: "db", port: 5433 },
    user: "synapse",
    password: "s3cret",
    database: "matrix",
  })
})

test("the database may be named by psycopg2's older word; the newer one counts more", () => {
  assert.equal(synapseDatabase(homeserver({ user: "s", database: "old" })).database, "old")
  assert.equal(synapseDatabase(homeserver({ user: "s", database: "old", dbname: "new" })).database, "new")
})

test("what is left out has libpq's defaults", () => {
  assert.deepEqual(synapseDatabase(homeserver({})), {
    address: { host: "localhost", port: 5432 },
    user: "postgres",
    password: "",
    database: "postgres",
  })
  assert.equal(synapseDatabase(homeserver({ user: "synapse" })).database, "synapse")
})

test("a port or a password that YAML reads as a number is taken as it is written", () => {
  const { address, password } = synapseDatabase(homeserver({ port: "5433", password: 12345 }))
  assert.deepEqual(address, { host: "localhost", port: 5433 })
  assert.equal(password, "12345")
})

test("the file's own place counts less than the one that we were told", () => {
  const { address, user } = synapseDatabase(homeserver({ host: "db", user: "synapse" }), place)
  assert.deepEqual(address, place)
  assert.equal(user, "synapse")
})

test("SQLite, and no database at all, is refused with the way to Postgres", () => {
  for (const world of [homeserver({ database: ":memory:" }, "sqlite3"), { database: {} }, {}]) {
    assert.throws(
      () => synapseDatabase(world, place),
      (error) => error instanceof Refusal && error.code === "synapse/no-postgres" && /synapse_port_db/.test(error.next),
    )
  }
  assert.throws(() => synapseDatabase({}), /Synapse's database is sqlite3/)
})
