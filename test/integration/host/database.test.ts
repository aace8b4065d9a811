import assert from "node:assert/strict"
import { chown, stat } from "node:fs/promises"
import { createServer, type Socket } from "node:net"
import { join } from "node:path"
import { after, type TestContext, test } from "node:test"
import { type DatabaseAddress, type DatabaseOptions, openDatabase } from "../../../components/host/database.ts"
import { localHost as host } from "../../../components/host/local-host.ts"
import { startPostgres } from "../../lab/postgres.ts"
import { refusal } from "../../unit/host/scenery.ts"
import { selfSigned } from "./certificates.ts"
import { docker, idle, startContainer, tinyImage } from "./containers.ts"

const image = await tinyImage()
const postgres = await startPostgres()
after(() => postgres.stop())
await postgres.createDatabase({ name: "synapse", owner: "synapse_owner", password: "hush-hush" })
await postgres.query(
  "synapse",
  "create table users (name text primary key, admin smallint, seen bigint, at timestamptz)",
)
await postgres.query(
  "synapse",
  "insert into users values ('@a:x', 1, 9007199254740993, '2026-01-02T03:04:05Z'), ('@b:x', 0, 1, null)",
)
await postgres.query("synapse", "alter table users owner to synapse_owner")

const address: DatabaseAddress = {
  address: { host: "127.0.0.1", port: postgres.port },
  user: "synapse_owner",
  password: "hush-hush",
  database: "synapse",
}

async function open(t: TestContext, changed: Partial<DatabaseAddress> = {}, options?: DatabaseOptions) {
  const database = await openDatabase(host, { ...address, ...changed }, options)
  t.after(() => database.close())
  return database
}

test("rows come back with whole 64-bit numbers as text and times as dates", async (t) => {
  const database = await open(t)
  const rows = await database.rows("select * from users where admin = $1", [1])
  assert.deepEqual(rows, [{ name: "@a:x", admin: 1, seen: "9007199254740993", at: new Date("2026-01-02T03:04:05Z") }])
  assert.deepEqual(await database.row("select count(*)::int as n from users"), { n: 2 })
})

test("a session changes nothing unless it was opened to", async (t) => {
  const database = await open(t)
  for (const sql of ["delete from users", "create table other (x int)", "truncate users"]) {
    const { message } = await refusal(database.execute(sql), "database/query-failed")
    assert.match(message, /read-only transaction/)
  }
  assert.deepEqual(await database.row("select count(*)::int as n from users"), { n: 2 })
})

test("a writable session keeps a whole transaction or nothing of it", async (t) => {
  const database = await open(t, {}, { writable: true })
  const insert = (name: string) => database.execute("insert into users values ($1, 0, 0, null)", [name])
  await assert.rejects(
    database.transaction(async () => {
      assert.equal(await insert("@c:x"), 1)
      throw new Error("changed our mind")
    }),
    /changed our mind/,
  )
  assert.equal((await database.rows("select * from users")).length, 2)
  await database.transaction(() => insert("@d:x"))
  assert.equal(await database.execute("delete from users where name = '@d:x'"), 1)
})

test("a transaction sees one moment, whatever others write meanwhile", async (t) => {
  const database = await open(t)
  await database.transaction(async () => {
    const before = await database.rows("select * from users")
    await postgres.query("synapse", "insert into users values ('@late:x', 0, 0, null)")
    assert.deepEqual(await database.rows("select * from users"), before)
  })
  await postgres.query("synapse", "delete from users where name = '@late:x'")
})

test("a statement that takes too long is ended by the server", async (t) => {
  const database = await open(t, {}, { statementSeconds: 0.2 })
  const { message } = await refusal(database.rows("select pg_sleep(30)"), "database/query-failed")
  assert.match(message, /statement timeout/)
  assert.deepEqual(await database.rows("select 1 as one"), [{ one: 1 }])
})

test("a missing table, and one that the role may not read, are told apart", async (t) => {
  await postgres.query("synapse", "create table if not exists secret_things (x int)")
  const database = await open(t)
  const { message } = await refusal(database.rows("select * from oauth2_clients"), "database/table-missing")
  assert.match(message, /oauth2_clients/)
  await refusal(database.rows("select * from secret_things"), "database/lacks-rights")
})

test("what the server says of a row does not show the row", async (t) => {
  const database = await open(t, {}, { writable: true })
  const inserting = database.execute("insert into users values ($1, 0, 0, null), ($1, 0, 0, null)", ["hush-value"])
  const failure = await refusal(inserting, "database/query-failed")
  assert.match(failure.message, /duplicate key/)
  assert.equal(failure.cause, undefined)
  assert.doesNotMatch(failure.message, /hush-value/)
})

const refused = [
  { of: "a wrong password", changed: { password: "wrong-hush" }, code: "database/password-refused" },
  { of: "no password", changed: { password: "" }, code: "database/password-refused" },
  { of: "a role that is not there", changed: { user: "nobody_here" }, code: "database/password-refused" },
  { of: "a database that is not there", changed: { database: "no_such_db" }, code: "database/missing" },
  { of: "a name that leads nowhere", changed: { address: { host: "no-such.invalid" } }, code: "database/unreachable" },
  {
    of: "a container that is not there",
    changed: { address: { container: "no-such-db" } },
    code: "docker/container-missing",
  },
] as const

for (const { of, changed, code } of refused) {
  test(`${of} is refused as that, without the password`, async () => {
    const { message } = await refusal(openDatabase(host, { ...address, ...changed }), code)
    assert.doesNotMatch(message, /hush/)
  })
}

test("no password of this process's own environment is tried", async (t) => {
  process.env.PGPASSWORD = "hush-hush"
  t.after(() => delete process.env.PGPASSWORD)
  const { password, ...without } = address
  assert.ok(password)
  await refusal(openDatabase(host, without), "database/password-refused")
})

test("a port where something else answers, or nobody says anything, is refused within the limit", async (t) => {
  const openSockets = new Set<Socket>()
  for (const answer of ["HTTP/1.1 400 Bad Request\r\n\r\n", ""]) {
    const server = createServer((socket) => {
      openSockets.add(socket)
      if (answer) socket.end(answer)
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    t.after(() => server.close())
    const listening = server.address()
    assert.ok(listening && typeof listening === "object")
    const wrong = { ...address, address: { host: "127.0.0.1", port: listening.port } }
    await refusal(openDatabase(host, wrong, { connectSeconds: 0.3 }), "database/unreachable")
  }
  for (const socket of openSockets) socket.destroy()
})

test("a session that the server ends breaks off as that, not as a crash", async (t) => {
  const database = await open(t)
  const { pid } = await database.row<{ pid: number }>("select pg_backend_pid() as pid")
  await postgres.query("synapse", "select pg_terminate_backend($1)", [pid])
  await refusal(database.rows("select 1"), "database/unreachable")
  await database.close()
})

test("a database in a container is found by the container's address", async (t) => {
  const onHost = await startContainer(t, image, { words: ["--network", "host"], argv: idle })
  const database = await open(t, { address: { container: onHost, port: postgres.port } })
  assert.deepEqual(await database.rows("select 1 as one"), [{ one: 1 }])
  const own = await startContainer(t, image, { argv: idle })
  const ip = await docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", own)
  const elsewhere = { ...address, address: { container: own, port: 5433 } }
  const { what } = await refusal(openDatabase(host, elsewhere), "database/unreachable")
  assert.ok(what.includes(`${ip}:5433`), what)
  await docker("stop", own)
  const { message } = await refusal(openDatabase(host, elsewhere), "database/unreachable")
  assert.match(message, /is not running/)
})

test("the session is encrypted where the server offers it, whoever signed its certificate, and plain where not", async (t) => {
  const isEncrypted = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"
  assert.deepEqual(await (await open(t)).row(isEncrypted), { ssl: false })
  const folder = join(postgres.socketDirectory, "data")
  const { key, certificate } = await selfSigned(folder)
  const { uid, gid } = await stat(folder)
  for (const path of [key, certificate]) await chown(path, uid, gid)
  await postgres.query("synapse", "alter system set ssl = on")
  await postgres.query("synapse", "select pg_reload_conf()")
  for (let looks = 0; looks < 100; looks++) {
    await using database = await openDatabase(host, address)
    const { ssl } = await database.row<{ ssl: boolean }>(isEncrypted)
    if (ssl) return
  }
  assert.fail("never encrypted")
})
