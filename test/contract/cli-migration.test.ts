import assert from "node:assert/strict"
import { after, before, beforeEach, suite, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import pg from "pg"
import { everyKind } from "./cli/synapse-database.ts"
import { openWorkbench, type Workbench } from "./cli/workbench.ts"

const provider = "01GFWR32NCQ12B8Z0J8CPXRRB6"
const dex = { idp_id: "dex", idp_name: "Dex", issuer: "https://dex.test", client_id: "a", client_secret: "b" }
const upstream = {
  providers: [
    {
      id: provider,
      synapse_idp_id: "oidc-dex",
      issuer: "https://dex.test",
      client_id: "a",
      token_endpoint_auth_method: "none",
    },
  ],
}
const filledTables = [
  "users",
  "user_passwords",
  "user_emails",
  "user_unsupported_third_party_ids",
  "upstream_oauth_links",
  "compat_sessions",
  "compat_access_tokens",
  "compat_refresh_tokens",
]

suite("syn2mas moves what the real one moves, and leaves what it leaves", { concurrency: false }, () => {
  const world = {} as { bench: Workbench }
  before(async () => {
    world.bench = await openWorkbench({ people: everyKind })
    await world.bench.configureSynapse({ oidc_providers: [dex] })
  })
  after(() => world.bench?.[Symbol.asyncDispose]())
  beforeEach(async () => {
    await world.bench.mas(`truncate ${filledTables.join(", ")} cascade`)
    await world.bench.configure({ upstream_oauth2: upstream })
  })

  test("everybody comes but the application service's people, with what they are", async () => {
    await migrate()
    const users = await world.bench.mas(
      `select username, can_request_admin as admin, is_guest as guest, locked_at = created_at as locked,
         deactivated_at = created_at as gone, extract(epoch from created_at)::int as since
       from users order by created_at`,
    )
    const plain = { admin: false, guest: false, locked: null, gone: null }
    assert.deepEqual(users, [
      { username: "admin", ...plain, admin: true, since: 1600000000 },
      { username: "gone", ...plain, gone: true, since: 1600000001 },
      { username: "locked", ...plain, locked: true, since: 1600000002 },
      { username: "4711", ...plain, guest: true, since: 1600000003 },
      { username: "Xavier", ...plain, since: 1600000005 },
    ])
  })

  test("password hashes come as they are, as version 1; an empty one counts", async () => {
    await migrate()
    const found = await world.bench.mas(
      "select username, hashed_password as hash, version from user_passwords join users using (user_id) order by 1",
    )
    assert.deepEqual(found, [
      { username: "Xavier", hash: "", version: 1 },
      { username: "admin", hash: "hash-admin", version: 1 },
      { username: "locked", hash: "hash-locked", version: 1 },
    ])
  })

  test("addresses come as they are written, of the deactivated too; phone numbers go aside", async () => {
    await migrate()
    assert.deepEqual(
      await world.bench.mas("select username, email from user_emails join users using (user_id) order by 1"),
      [
        { username: "admin", email: "Admin@Ex.test" },
        { username: "gone", email: "gone@ex.test" },
      ],
    )
    assert.deepEqual(await world.bench.mas("select medium, address from user_unsupported_third_party_ids"), [
      { medium: "msisdn", address: "4912345" },
    ])
  })

  test("links to a provider come by its synapse_idp_id", async () => {
    await migrate()
    const links = await world.bench.mas(
      "select username, subject, upstream_oauth_provider_id as id from upstream_oauth_links join users using (user_id)",
    )
    assert.deepEqual(links, [{ username: "admin", subject: "subject-1", id: "0183f981-8aac-b844-b47c-12432ddc6166" }])
  })

  test("devices of those who may log in become sessions; hidden ones and guests' do not", async () => {
    await migrate()
    const sessions = await world.bench.mas(
      `select username, device_id as device, human_name as name, is_synapse_admin as admin, host(last_active_ip) as ip
       from compat_sessions join users using (user_id) order by 1, 2`,
    )
    assert.deepEqual(sessions, [
      { username: "Xavier", device: "DEVXAV", name: "of @Xavier:ex.test", admin: false, ip: null },
      { username: "admin", device: "DEVADM", name: "of @admin:ex.test", admin: true, ip: "192.0.2.7" },
      { username: "admin", device: "SECOND", name: null, admin: true, ip: null },
      { username: "admin", device: null, name: null, admin: false, ip: null },
      { username: "locked", device: "DEVLOC", name: "of @locked:ex.test", admin: false, ip: "192.0.2.7" },
      { username: "locked", device: "REFRESH", name: null, admin: false, ip: null },
    ])
  })

  test("tokens come with their devices; those without a device row, of puppets and used up stay behind", async () => {
    await migrate()
    const tokens = await world.bench.mas(
      `select access_token as token, device_id as device, refresh_token as refresh, expires_at is not null as expires
       from compat_access_tokens join compat_sessions using (compat_session_id)
       left join compat_refresh_tokens using (compat_access_token_id) order by 1`,
    )
    assert.deepEqual(tokens, [
      { token: "syt_DEVADM", device: "DEVADM", refresh: null, expires: false },
      { token: "syt_DEVLOC", device: "DEVLOC", refresh: null, expires: false },
      { token: "syt_DEVXAV", device: "DEVXAV", refresh: null, expires: false },
      { token: "syt_deviceless", device: null, refresh: null, expires: false },
      { token: "syt_new", device: "REFRESH", refresh: "syr_new", expires: true },
    ])
  })

  test("a dry run leaves the eight tables empty, takes log-ins along, and keeps clients", async () => {
    await world.bench.mas(
      `insert into oauth2_sessions (oauth2_session_id, oauth2_client_id, created_at, scope_list)
       select '0183f981-0000-0000-0000-000000000001', oauth2_client_id, now(), '{}' from oauth2_clients limit 1`,
    )
    const said = await syn2mas("migrate", "--dry-run")
    assert.equal(said.exitCode, 0, said.stderr)
    assert.match(said.stderr, /Migration ran in dry-run mode, deleting all imported data/)
    for (const table of [...filledTables, "oauth2_sessions"]) assert.equal(await count(table), 0, table)
    assert.equal(await count("oauth2_clients"), 1)
  })

  test("a row of nobody ends it half-way, and MAS's tables are away until it is run again", async () => {
    await world.bench.synapse("insert into user_threepids values ('@ghost:ex.test', 'email', 'g@ex.test', 1, 1)")
    assert.match((await syn2mas("check")).stderr, /Warnings/)
    const failed = await syn2mas("migrate")
    assert.equal(failed.exitCode, 1)
    const said =
      /^Error: user @ghost:ex\.test was not found for migration but a row in user_threepids was found for them$/m
    assert.match(failed.stderr, said)
    assert.deepEqual(await awayTables(), [...filledTables.map((table) => `syn2mas__${table}`), ...restoreTables].sort())
    assert.match((await world.bench.run("manage", "list-admin-users")).stderr, /relation "users" does not exist/)
    await world.bench.synapse("delete from user_threepids where user_id = '@ghost:ex.test'")
    assert.equal((await syn2mas("migrate", "--dry-run")).exitCode, 0)
    assert.deepEqual(await awayTables(), [])
  })

  test("somebody of another server ends it half-way", async (t) => {
    t.after(() => syn2mas("migrate", "--dry-run"))
    await world.bench.synapse("insert into users (name, creation_ts) values ('@x:other.test', 1)")
    const { exitCode, stderr } = await syn2mas("migrate")
    await world.bench.synapse("delete from users where name = '@x:other.test'")
    assert.equal(exitCode, 1)
    const wrong = 'wrong server name: expected "ex.test", got "other.test"'
    assert.ok(stderr.includes(`Error: failed to extract localpart of FullUserId("@x:other.test"): ${wrong}`), stderr)
  })

  test("killed half-way it leaves no rows, and run again it ends with all of them and every index", async () => {
    const structure = await structureOfTables()
    await crowd(60_000)
    const running = world.bench.start("syn2mas", "--synapse-config", "homeserver.yaml", "migrate")
    while (!(await awayTables()).includes("syn2mas_restore_constraints")) await wait(10)
    running.kill("SIGKILL")
    assert.equal((await running.said).exitCode, undefined)
    assert.equal((await awayTables()).length, 10)
    assert.equal((await syn2mas("check")).exitCode, 11)
    const again = await syn2mas("migrate")
    await world.bench.synapse(
      "delete from users where name like '@crowd%'; delete from devices where user_id like '@crowd%'",
    )
    assert.equal(again.exitCode, 0, again.stderr)
    assert.match(again.stderr, /WARN \S+ Partial syn2mas migration has already been done; resetting\./)
    assert.deepEqual([await count("users"), await count("compat_sessions")], [60_005, 60_006])
    assert.deepEqual(await structureOfTables(), structure)
  })

  test("a table of Synapse that is in use ends it before MAS's tables are touched", async () => {
    const client = await hold("synapse", "begin; lock table devices in row exclusive mode")
    const busy = await syn2mas("migrate")
    const dry = await syn2mas("migrate", "--dry-run")
    await client.end()
    assert.equal(busy.exitCode, 1)
    assert.ok(busy.stderr.includes("Error: database error whilst locking Synapse table `devices`"), busy.stderr)
    assert.ok(busy.stderr.includes('could not obtain lock on relation "devices"'), busy.stderr)
    assert.equal(dry.exitCode, 0, dry.stderr)
    assert.deepEqual(await awayTables(), [])
  })

  test("a role that may only read is enough to check and to try, not to migrate", async () => {
    await world.bench.cluster.createRole("reader", "reader")
    await world.bench.synapse("grant select on all tables in schema public to reader")
    const { port } = world.bench.cluster
    const uri = ["--synapse-database-uri", `postgresql://reader:reader@127.0.0.1:${port}/synapse`]
    const exits = [(await syn2mas("check", ...uri)).exitCode, (await syn2mas("migrate", "--dry-run", ...uri)).exitCode]
    const refused = await syn2mas("migrate", ...uri)
    assert.deepEqual([...exits, refused.exitCode], [11, 0, 1])
    assert.ok(refused.stderr.includes("permission denied for table users"), refused.stderr)
  })

  test("a URI without a host is a mistake of the command line", async () => {
    const said = await syn2mas("check", "--synapse-database-uri", "postgresql://u@/db")
    assert.deepEqual([said.exitCode, said.stdout], [2, ""])
  })

  test("what homeserver.yaml has as no boolean is no boolean", async (t) => {
    t.after(() => world.bench.configureSynapse({ oidc_providers: [dex] }))
    await world.bench.configureSynapse({ password_config: { enabled: "only_for_reauth" } })
    const { exitCode, stderr } = await syn2mas("check")
    assert.equal(exitCode, 1)
    assert.match(stderr, /expected a boolean for key "default\.password_config\.enabled" in homeserver\.yaml YAML file/)
  })

  async function syn2mas(...args: readonly string[]) {
    return world.bench.run("syn2mas", "--synapse-config", "homeserver.yaml", ...args)
  }

  async function migrate(): Promise<void> {
    const { exitCode, stderr } = await syn2mas("migrate")
    assert.equal(exitCode, 0, stderr)
  }

  async function count(table: string): Promise<number> {
    const [found] = await world.bench.mas(`select count(*)::int as count from ${table}`)
    return Number(found?.count)
  }

  async function awayTables(): Promise<string[]> {
    const rows = await world.bench.mas("select tablename from pg_tables where tablename like 'syn2mas%' order by 1")
    return rows.map(({ tablename }) => String(tablename))
  }

  async function structureOfTables(): Promise<string[]> {
    const rows = await world.bench.mas(
      `select pg_get_constraintdef(oid) || ' ' || conname || ' ' || conrelid::regclass as said from pg_constraint
         where connamespace = 'public'::regnamespace
       union all select indexdef from pg_indexes where schemaname = 'public' order by 1`,
    )
    return rows.map(({ said }) => String(said))
  }

  /** So many that loading them takes longer than noticing that it began. */
  async function crowd(people: number): Promise<void> {
    await world.bench.synapse(
      `insert into users (name, creation_ts) select '@crowd' || n || ':ex.test', 1 from generate_series(1, ${people}) n;
       insert into devices (user_id, device_id, hidden)
         select '@crowd' || n || ':ex.test', 'D' || n, false from generate_series(1, ${people}) n`,
    )
  }

  async function hold(database: string, sql: string): Promise<pg.Client> {
    const { socketDirectory, port } = world.bench.cluster
    const client = new pg.Client({ host: socketDirectory, port, user: "postgres", database })
    await client.connect()
    await client.query(sql)
    return client
  }
})

const restoreTables = ["syn2mas_restore_constraints", "syn2mas_restore_indices"]
