import assert from "node:assert/strict"
import { after, before, beforeEach, suite, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import pg from "pg"
import { filledTables, MigrationBench } from "./cli/migration-bench.ts"

suite("syn2mas refuses, fails half-way and is taken up as the real one", { concurrency: false }, () => {
  const world: { bench?: MigrationBench } = {}
  before(async () => {
    world.bench = await MigrationBench.open()
  })
  after(() => world.bench?.[Symbol.asyncDispose]())
  beforeEach(() => here().empty())

  test("a row of nobody ends it half-way, and MAS's tables are away until it is run again", async () => {
    await here().bench.synapse("insert into user_threepids values ('@ghost:ex.test', 'email', 'g@ex.test', 1, 1)")
    assert.match((await here().syn2mas("check")).stderr, /Warnings/)
    const failed = await here().syn2mas("migrate")
    assert.equal(failed.exitCode, 1)
    const said =
      /^Error: user @ghost:ex\.test was not found for migration but a row in user_threepids was found for them$/m
    assert.match(failed.stderr, said)
    assert.deepEqual(
      await here().awayTables(),
      [...filledTables.map((table) => `syn2mas__${table}`), ...restoreTables].sort(),
    )
    assert.match((await here().bench.run("manage", "list-admin-users")).stderr, /relation "users" does not exist/)
    await here().bench.synapse("delete from user_threepids where user_id = '@ghost:ex.test'")
    assert.equal((await here().syn2mas("migrate", "--dry-run")).exitCode, 0)
    assert.deepEqual(await here().awayTables(), [])
  })

  test("rows that a run cut off at its very end has left are gone after the next", async () => {
    await here().bench.synapse("insert into user_threepids values ('@ghost:ex.test', 'email', 'g@ex.test', 1, 1)")
    assert.equal((await here().syn2mas("migrate")).exitCode, 1)
    await here().bench.synapse("delete from user_threepids where user_id = '@ghost:ex.test'")
    await here().bench.mas(
      `insert into syn2mas__users (user_id, username, created_at)
       values ('0183f981-0000-0000-0000-000000000009', 'admin', now())`,
    )
    await here().migrate()
    assert.deepEqual([await here().count("users"), await here().count("users where username = 'admin'")], [5, 1])
  })

  test("somebody of another server ends it half-way", async (t) => {
    t.after(() => here().syn2mas("migrate", "--dry-run"))
    await here().bench.synapse("insert into users (name, creation_ts) values ('@x:other.test', 1)")
    const { exitCode, stderr } = await here().syn2mas("migrate")
    await here().bench.synapse("delete from users where name = '@x:other.test'")
    assert.equal(exitCode, 1)
    const wrong = 'wrong server name: expected "ex.test", got "other.test"'
    assert.ok(stderr.includes(`Error: failed to extract localpart of FullUserId("@x:other.test"): ${wrong}`), stderr)
  })

  test("killed half-way it leaves no rows, and run again it ends with all of them and every index", async () => {
    const structure = await structureOfTables()
    await crowd(60_000)
    const running = here().bench.start("syn2mas", "--synapse-config", "homeserver.yaml", "migrate")
    while (!(await here().awayTables()).includes("syn2mas_restore_constraints")) await wait(10)
    running.kill("SIGKILL")
    assert.equal((await running.said).exitCode, undefined)
    assert.equal((await here().awayTables()).length, 10)
    assert.equal((await here().syn2mas("check")).exitCode, 11)
    const again = await here().syn2mas("migrate")
    await here().bench.synapse(
      "delete from users where name like '@crowd%'; delete from devices where user_id like '@crowd%'",
    )
    assert.equal(again.exitCode, 0, again.stderr)
    assert.match(again.stderr, /WARN \S+ Partial syn2mas migration has already been done; resetting\./)
    assert.deepEqual([await here().count("users"), await here().count("compat_sessions")], [60_005, 60_006])
    assert.deepEqual(await structureOfTables(), structure)
  })

  test("a table of Synapse that is in use ends it before MAS's tables are touched", async () => {
    const client = await hold("synapse", "begin; lock table devices in row exclusive mode")
    const busy = await here().syn2mas("migrate")
    const dry = await here().syn2mas("migrate", "--dry-run")
    await client.end()
    assert.equal(busy.exitCode, 1)
    assert.ok(busy.stderr.includes("Error: database error whilst locking Synapse table `devices`"), busy.stderr)
    assert.ok(busy.stderr.includes('could not obtain lock on relation "devices"'), busy.stderr)
    assert.equal(dry.exitCode, 0, dry.stderr)
    assert.deepEqual(await here().awayTables(), [])
  })

  test("two at a time are one too many", async () => {
    const holder = await hold("mas", "begin; lock table users in access exclusive mode")
    const first = here().bench.start("syn2mas", "--synapse-config", "homeserver.yaml", "check")
    const waiting = "select from pg_locks where not granted and relation = 'users'::regclass"
    while ((await here().bench.mas(waiting)).length === 0) await wait(10)
    const second = await here().syn2mas("check")
    await holder.end()
    assert.equal((await first.said).exitCode, 11)
    assert.equal(second.exitCode, 1)
    assert.match(second.stderr, /ERROR \S+ Failed to acquire syn2mas lock on the database\.$/m)
    assert.match(second.stderr, /ERROR \S+ This likely means that another syn2mas instance is already running!$/m)
  })

  test("a role that may only read is enough to check and to try, not to migrate", async () => {
    await here().bench.cluster.createRole("reader", "reader")
    await here().bench.synapse("grant select on all tables in schema public to reader")
    const { port } = here().bench.cluster
    const uri = ["--synapse-database-uri", `postgresql://reader:reader@127.0.0.1:${port}/synapse`]
    const exits = [
      (await here().syn2mas("check", ...uri)).exitCode,
      (await here().syn2mas("migrate", "--dry-run", ...uri)).exitCode,
    ]
    const refused = await here().syn2mas("migrate", ...uri)
    assert.deepEqual([...exits, refused.exitCode], [11, 0, 1])
    assert.ok(refused.stderr.includes("permission denied for table users"), refused.stderr)
  })

  test("a URI without a host is a mistake of the command line", async () => {
    const said = await here().syn2mas("check", "--synapse-database-uri", "postgresql://u@/db")
    assert.deepEqual([said.exitCode, said.stdout], [2, ""])
  })

  test("what homeserver.yaml has as no boolean is no boolean, Synapse's own spellings of it included", async (t) => {
    t.after(() => here().restoreSynapseConfig())
    const expected = (path: string) => `expected a boolean for key "default.${path}" in homeserver.yaml YAML file`
    await here().bench.configureSynapse({ password_config: { enabled: "only_for_reauth" } })
    const reauth = await here().syn2mas("check")
    assert.equal(reauth.exitCode, 1)
    assert.ok(reauth.stderr.includes(expected("password_config.enabled")), reauth.stderr)
    await here().bench.configureSynapse({ enable_registration: "no" })
    const no = await here().syn2mas("check")
    assert.equal(no.exitCode, 1)
    assert.ok(no.stderr.includes(expected("enable_registration")), no.stderr)
  })

  async function structureOfTables(): Promise<string[]> {
    const rows = await here().bench.mas(
      `select pg_get_constraintdef(oid) || ' ' || conname || ' ' || conrelid::regclass as said from pg_constraint
         where connamespace = 'public'::regnamespace
       union all select indexdef from pg_indexes where schemaname = 'public' order by 1`,
    )
    return rows.map(({ said }) => String(said))
  }

  /** So many that loading them takes longer than noticing that it began. */
  async function crowd(people: number): Promise<void> {
    await here().bench.synapse(
      `insert into users (name, creation_ts) select '@crowd' || n || ':ex.test', 1 from generate_series(1, ${people}) n;
       insert into devices (user_id, device_id, hidden)
         select '@crowd' || n || ':ex.test', 'D' || n, false from generate_series(1, ${people}) n`,
    )
  }

  /** A transaction of somebody else, until the client ends. */
  async function hold(database: string, sql: string): Promise<pg.Client> {
    const { socketDirectory: host, port } = here().bench.cluster
    const client = new pg.Client({ host, port, user: "postgres", database })
    await client.connect()
    await client.query(sql)
    return client
  }

  function here(): MigrationBench {
    if (!world.bench) throw new Error("the bench did not open")
    return world.bench
  }
})

const restoreTables = ["syn2mas_restore_constraints", "syn2mas_restore_indices"]
