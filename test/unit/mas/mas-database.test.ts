import assert from "node:assert/strict"
import { test } from "node:test"
import { masDatabase } from "../../../components/mas/mas-database.ts"

const place = { container: "mas-postgres", port: 5432 }

test("a database given by its parts is reached by them", () => {
  const section = { host: "db", port: 5433, username: "mas", password: "s3cret", database: "auth" }
  assert.deepEqual(masDatabase(section), {
    address: { host: "db", port: 5433 },
    user: "mas",
    password: "s3cret",
    database: "auth",
  })
})

test("a database given as a URI is reached by that, escapes included", () => {
  assert.deepEqual(masDatabase({ uri: "postgresql://mas:p%40ss%2Fword@db:5433/auth%20db?sslmode=disable" }), {
    address: { host: "db", port: 5433 },
    user: "mas",
    password: "p@ss/word",
    database: "auth db",
  })
  assert.equal(masDatabase({ uri: "postgres://mas@db/auth" }).password, "")
})

test("where the URI stands, the parts beside it do not count", () => {
  assert.equal(masDatabase({ uri: "postgresql://db/auth", database: "other", username: "other" }).database, "auth")
})

test("what is left out has libpq's defaults: this machine, the usual port, the database named as the user", () => {
  const address = { host: "localhost", port: 5432 }
  const nobody = { address, user: "postgres", password: "", database: "postgres" }
  assert.deepEqual(masDatabase({}), nobody)
  assert.deepEqual(masDatabase({ uri: "postgresql://" }), nobody)
  assert.equal(masDatabase({ username: "mas" }).database, "mas")
  assert.equal(masDatabase({ uri: "postgresql://mas@db" }).database, "mas")
})

test("the config's own place counts less than the one that we were told, all else is the config's", () => {
  for (const section of [
    { uri: "postgresql://mas:s@db/auth" },
    { host: "db", username: "mas", password: "s", database: "auth" },
  ]) {
    assert.deepEqual(masDatabase(section, place), { address: place, user: "mas", password: "s", database: "auth" })
  }
})
