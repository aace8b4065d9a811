import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { test } from "node:test"
import pg from "pg"
import { startPostgres } from "./postgres.ts"

test("two private clusters run side by side, and nothing of them is left", async () => {
  const folders: string[] = []
  {
    await using one = await startPostgres()
    await using other = await startPostgres()
    folders.push(one.socketDirectory, other.socketDirectory)
    assert.notEqual(one.port, other.port)
    const [row] = await other.query(
      "postgres",
      "select datcollate as locale from pg_database where datname = 'postgres'",
    )
    assert.equal(row?.locale, "C")
  }
  assert.deepEqual(folders.map(existsSync), [false, false])
})

test("a database is reached by its URL with its owner's password only", async () => {
  await using cluster = await startPostgres()
  const url = await cluster.createDatabase({ name: "theirs", owner: "them", password: "p@ss word" })
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query("select current_user, current_database()")
  await client.end()
  assert.deepEqual(rows, [{ current_user: "them", current_database: "theirs" }])
  const stranger = new pg.Client(url.replace("p%40ss%20word", "guess"))
  await assert.rejects(stranger.connect(), /password authentication failed/)
})
