import assert from "node:assert/strict"
import { test } from "node:test"
import { parseAsPythonText } from "../../../components/documents/python-text.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import type { Homeserver } from "../../../components/synapse/homeserver.ts"
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

test("the database may be named by psycopg2's older word, and not by both", () => {
  assert.equal(synapseDatabase(homeserver({ host: "db", user: "s", database: "old" })).database, "old")
  refusesKey(homeserver({ host: "db", user: "s", database: "old", dbname: "new" }), "database.args.database")
})

test("what is left out comes from Synapse's environment; a database that nobody names is the user's", () => {
  const environment = { PGHOST: "db", PGPORT: "5433", PGUSER: "synapse", PGPASSWORD: "pw" }
  const expected = { address: { host: "db", port: 5433 }, user: "synapse", password: "pw", database: "synapse" }
  assert.deepEqual(synapseDatabase(homeserver({}), { environment }), expected)
  assert.equal(synapseDatabase(homeserver({ database: "x" }), { environment }).database, "x")
})

test("arguments count more than the connection string that they stand beside", () => {
  const args = { dsn: "host=db user=one password='it\\'s' dbname=matrix", user: "two" }
  assert.deepEqual(synapseDatabase(homeserver(args)), {
    address: { host: "db", port: 5432 },
    user: "two",
    password: "it's",
    database: "matrix",
  })
})

test("a password file is read as libpq reads it", () => {
  const args = { host: "db", user: "synapse", dbname: "matrix", passfile: "/data/pgpass" }
  const passfile = "other:*:*:*:no\ndb:5432:matrix:synapse:s\\:3cret\n"
  assert.equal(synapseDatabase(homeserver(args), { passfile }).password, "s:3cret")
  refusesKey(homeserver(args), "database.args.passfile")
})

test("a port or a password that YAML reads as a number is taken as it is written", () => {
  const text = "database: {name: psycopg2, args: {host: db, user: s, dbname: d, port: '5433', password: 1.0}}"
  const { address, password } = synapseDatabase(parseAsPythonText(text) as Record<string, unknown>)
  assert.deepEqual(address, { host: "db", port: 5433 })
  assert.equal(password, "1.0")
})

test("the file's own place counts less than the one that we were told", () => {
  const args = { host: "/run/postgresql", user: "synapse", dbname: "synapse" }
  const { address, user } = synapseDatabase(homeserver(args), { place })
  assert.deepEqual(address, place)
  assert.equal(user, "synapse")
})

test("where Synapse asks for encryption, so do we", () => {
  const args = { host: "db", user: "synapse", dbname: "synapse" }
  assert.equal(synapseDatabase(homeserver({ ...args, sslmode: "require" })).mustEncrypt, true)
  assert.equal(synapseDatabase(homeserver({ ...args, sslmode: "prefer" })).mustEncrypt, undefined)
})

test("what cannot be determined is refused with its key and without its value, never guessed", () => {
  const args = { host: "db", user: "s", password: "s3cret", dbname: "d" }
  const undetermined: readonly (readonly [key: string, document: object])[] = [
    ["database.args.user", homeserver({ host: "db", dbname: "d" })],
    ["database.args.dbname", homeserver({ host: "db", user: "s" })],
    ["database.args.host", homeserver({ ...args, host: "/run/postgresql" })],
    ["database.args.host", homeserver({ ...args, host: "" })],
    ["database.args.host", homeserver({ ...args, host: "one,two" })],
    ["database.args.port", homeserver({ ...args, port: "s3cret" })],
    ["database.args.service", homeserver({ ...args, service: "s3cret" })],
    ["database.args.password", homeserver({ ...args, password: 1.5 })],
    ["database.args.password", homeserver({ ...args, password: { $yaml: "timestamp", text: "s3cret" } })],
    ["database.args.options", homeserver({ ...args, options: "-c search_path=s3cret" })],
    ["database.args.pasword", homeserver({ ...args, pasword: "s3cret" })],
    ["database.args.dsn", homeserver({ dsn: "postgresql://s:s3cret%@db/d" })],
    ["database.args", homeserver(["s3cret"])],
    ["databases", { databases: { master: homeserver(args).database } }],
  ]
  for (const [key, document] of undetermined) refusesKey(document as Homeserver, key)
})

function refusesKey(document: Homeserver, key: string): void {
  assert.throws(
    () => synapseDatabase(document),
    (error) => {
      assert.ok(error instanceof Refusal, String(error))
      assert.deepEqual([error.code, error.where.keyPath], ["database/undetermined", key])
      assert.doesNotMatch(error.message, /s3cret/)
      return true
    },
    JSON.stringify(document),
  )
}

test("SQLite, and no database at all, is refused with the way to Postgres", () => {
  for (const world of [homeserver({ database: ":memory:" }, "sqlite3"), { database: {} }, {}]) {
    assert.throws(
      () => synapseDatabase(world, { place }),
      (error) => error instanceof Refusal && error.code === "synapse/no-postgres" && /synapse_port_db/.test(error.next),
    )
  }
  assert.throws(() => synapseDatabase({}), /Synapse's database is sqlite3/)
})
