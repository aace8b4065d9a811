import assert from "node:assert/strict"
import { after, before, beforeEach, suite, test } from "node:test"
import { readMasState } from "../../../components/migration/mas-state.ts"
import { MigrationDatabases, openSide } from "./migration-databases.ts"

const ghost = "INSERT INTO user_threepids VALUES ('@ghost:ex.test', 'email', 'g@ex.test', 1, 1)"

suite("what MAS's database is like, as far as a migration goes", { concurrency: false }, () => {
  const world: { databases?: MigrationDatabases } = {}
  before(async () => {
    world.databases = await MigrationDatabases.open()
  })
  after(() => world.databases?.[Symbol.asyncDispose]())
  beforeEach(() => here().bench.empty())

  test("without tables MAS has never been started on it", async () => {
    await here().bench.bench.cluster.createDatabase({ name: "fresh", owner: "m" })
    await using fresh = await openSide(here().bench, "mas", "fresh")
    assert.equal(await readMasState(fresh), "unprepared")
  })

  test("with tables and nobody in them it is empty, clients or not, and after a dry-run too", async () => {
    await here().bench.bench.run("config", "sync")
    assert.equal(await readMasState(here().mas), "empty")
    assert.equal((await here().bench.syn2mas("migrate", "--dry-run")).exitCode, 0)
    assert.equal(await readMasState(here().mas), "empty")
  })

  test("after a migration it is filled", async () => {
    await here().bench.migrate()
    assert.equal(await readMasState(here().mas), "filled")
  })

  test("a migration that ended half-way is interrupted, until the next one, a dry-run too, has finished", async () => {
    await here().synapse.execute(ghost)
    assert.equal((await here().bench.syn2mas("migrate")).exitCode, 1)
    assert.equal(await readMasState(here().mas), "interrupted")
    assert.equal((await here().bench.syn2mas("check")).exitCode, 11, "check sees nothing of it")
    await here().synapse.execute("DELETE FROM user_threepids WHERE user_id = '@ghost:ex.test'")
    assert.equal((await here().bench.syn2mas("migrate", "--dry-run")).exitCode, 0)
    assert.equal(await readMasState(here().mas), "empty")
  })

  function here(): MigrationDatabases {
    if (!world.databases) throw new Error("the databases did not open")
    return world.databases
  }
})
