import assert from "node:assert/strict"
import { test } from "node:test"
import { type DatabaseSources, masDatabase } from "../../../components/mas/mas-database.ts"
import { Refusal } from "../../../components/report/refusal.ts"

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

test("what the query says counts more than what stands before it", () => {
  const { user, password, database, address } = masDatabase({
    uri: "postgresql://mas:pw@db/auth?user=u&password=p&dbname=d&host=elsewhere&port=1",
  })
  assert.deepEqual([user, password, database, address], ["u", "p", "d", { host: "elsewhere", port: 1 }])
})

test("what is left out comes from MAS's environment; a database that nobody names is the user's", () => {
  const environment = { PGUSER: "mas", PGPASSWORD: "pw", PGHOST: "db", PGPORT: "5433" }
  const expected = { address: { host: "db", port: 5433 }, user: "mas", password: "pw", database: "mas" }
  assert.deepEqual(masDatabase(undefined, { environment }), expected)
  assert.deepEqual(masDatabase({ uri: "postgresql://" }, { environment }), expected)
  assert.equal(masDatabase({}, { environment: { ...environment, PGDATABASE: "auth" } }).database, "auth")
})

test("the password in a file is the file's text without the blanks around it", () => {
  const section = { host: "db", username: "mas", password_file: "/run/secrets/mas", database: "auth" }
  assert.equal(masDatabase(section, { passwordFile: "s3cret \n" }).password, "s3cret")
})

test("where MAS asks for encryption, so do we", () => {
  const asks = (section: object) => masDatabase({ ...section }, { place }).mustEncrypt === true
  assert.deepEqual(
    ["require", "verify-full", "prefer"].map((mode) => asks({ uri: `postgresql://mas:pw@db/auth?sslmode=${mode}` })),
    [true, true, false],
  )
  assert.ok(asks({ uri: "postgresql://mas:pw@db/auth", ssl_mode: "verify-ca" }))
})

test("the config's own place counts less than the one that we were told, all else is the config's", () => {
  for (const section of [
    { uri: "postgresql://mas:s@db/auth" },
    { uri: "postgresql://mas:s@%2Frun%2Fpostgresql/auth" },
    { socket: "/run/postgresql", username: "mas", password: "s", database: "auth" },
    { host: "db", username: "mas", password: "s", database: "auth" },
  ]) {
    assert.deepEqual(masDatabase(section, { place }), { address: place, user: "mas", password: "s", database: "auth" })
  }
})

const whole = { host: "db", username: "mas", password: "s3cret", database: "auth" }
const { username: _, ...nobody } = whole
const { database: __, ...unnamed } = whole

/** The key that is told, the section, and what it is read beside. */
const undetermined: readonly (readonly [key: string, section: unknown, sources?: DatabaseSources])[] = [
  ["database.username", nobody],
  ["database.username", nobody, { environment: {} }],
  ["database.uri", { uri: "postgresql://db/auth" }],
  ["database.uri", { uri: "postgresql://mas:s3cret@db" }],
  ["database.uri", { uri: "postgresql://mas:s3cret/@db/auth" }],
  ["database.uri", { uri: "postgresql://mas:s3cret%ff@db/auth" }],
  ["database.uri", { uri: "postgresql://mas:s3cret@db/auth?options=-csearch_path%3Dother" }],
  ["database.uri", { uri: "postgresql://mas:s3cret@one,two/auth" }],
  ["database.uri", { uri: "postgresql://mas:s3cret@%2Frun/auth" }],
  ["database.socket", { socket: "/run/postgresql", ...whole, host: undefined }],
  ["database.database", unnamed],
  ["database.host", { ...whole, uri: "postgresql://mas:s3cret@db/auth" }],
  ["database.password_file", { ...whole, password_file: "/run/secrets/mas" }],
  ["database.password_file", { ...whole, password: undefined, password_file: "/run/secrets/mas" }],
  ["database.password", { ...whole, password: 53 }],
  ["database.port", { ...whole, port: "5432" }],
  ["database", "postgresql://mas:s3cret@db/auth"],
  ["database", null],
  ["database.username", undefined],
]

test("what cannot be determined is refused with its key and without its value, never guessed", () => {
  for (const [key, section, sources] of undetermined) {
    const clean =
      section && typeof section === "object" ? Object.entries(section).filter(([, v]) => v !== undefined) : []
    const given = clean.length > 0 ? Object.fromEntries(clean) : section
    assert.throws(
      () => masDatabase(given, sources),
      (error) => {
        assert.ok(error instanceof Refusal, String(error))
        assert.deepEqual([error.code, error.where.keyPath], ["database/undetermined", key])
        assert.doesNotMatch(error.message, /s3cret/)
        return true
      },
      JSON.stringify(section),
    )
  }
})
