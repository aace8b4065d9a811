import assert from "node:assert/strict"
import { after, before, beforeEach, suite, test } from "node:test"
import { whatMasGained } from "../../components/migration/gained.ts"
import { readMasState } from "../../components/migration/mas-state.ts"
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

  test("right after a migration MAS has gained nothing by itself", async () => {
    await here().bench.migrate()
    assert.deepEqual(await gained(), nothing)
  })

  test("that Synapse gained something since is nothing that MAS has", async () => {
    await here().bench.migrate()
    const sql = "INSERT INTO users (name, creation_ts) VALUES ('@later:ex.test', 1); DELETE FROM user_threepids"
    const found = await here().supposing("synapse", sql, gained)
    assert.deepEqual(found, { ...nothing, emails: 2 }, "an e-mail that only MAS has left is worth a look")
  })

  for (const [kind, sql] of Object.entries({
    accounts: "INSERT INTO users (user_id, username, created_at) VALUES (gen_random_uuid(), 'newcomer', now())",
    passwords: "UPDATE user_passwords SET version = 2 WHERE hashed_password = 'hash-admin'",
    emails: "UPDATE user_emails SET email = 'other@ex.test' WHERE email = 'gone@ex.test'",
    links: "UPDATE upstream_oauth_links SET subject = 'subject-2'",
    sessions: "UPDATE compat_access_tokens SET access_token = 'mct_1' WHERE access_token = 'syt_DEVADM'",
  })) {
    test(`${kind} that MAS has by itself are counted`, async () => {
      await here().bench.migrate()
      assert.deepEqual(await here().supposing("mas", sql, gained), { ...nothing, [kind]: 1 })
    })
  }

  test("a log-in by OAuth counts as a session, a client's own session does not", async () => {
    await here().bench.migrate()
    const session = (user: string) => `
      INSERT INTO oauth2_sessions (oauth2_session_id, oauth2_client_id, user_id, created_at, scope_list)
      SELECT gen_random_uuid(), oauth2_client_id, ${user}, now(), '{}' FROM oauth2_clients LIMIT 1`
    const admin = "(SELECT user_id FROM users WHERE username = 'admin')"
    assert.deepEqual(await here().supposing("mas", session(admin), gained), { ...nothing, sessions: 1 })
    assert.deepEqual(await here().supposing("mas", session("NULL"), gained), nothing)
  })

  function gained() {
    return whatMasGained({ synapse: here().synapse, mas: here().mas })
  }

  function here(): MigrationDatabases {
    if (!world.databases) throw new Error("the databases did not open")
    return world.databases
  }
})

const nothing = { accounts: 0, passwords: 0, sessions: 0, emails: 0, links: 0 }
