import assert from "node:assert/strict"
import { after, before, beforeEach, suite, test } from "node:test"
import { filledTables, MigrationBench } from "./cli/migration-bench.ts"

suite("syn2mas moves what the real one moves, and leaves what it leaves", { concurrency: false }, () => {
  const world: { bench?: MigrationBench } = {}
  before(async () => {
    world.bench = await MigrationBench.open()
  })
  after(() => world.bench?.[Symbol.asyncDispose]())
  beforeEach(() => here().empty())

  test("everybody comes but the application service's people, with what they are", async () => {
    await here().migrate()
    const users = await here().bench.mas(
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
    await here().migrate()
    const found = await here().bench.mas(
      "select username, hashed_password as hash, version from user_passwords join users using (user_id) order by 1",
    )
    assert.deepEqual(found, [
      { username: "Xavier", hash: "", version: 1 },
      { username: "admin", hash: "hash-admin", version: 1 },
      { username: "locked", hash: "hash-locked", version: 1 },
    ])
  })

  test("addresses come as they are written, of the deactivated too; phone numbers go aside", async () => {
    await here().migrate()
    assert.deepEqual(
      await here().bench.mas("select username, email from user_emails join users using (user_id) order by 1"),
      [
        { username: "admin", email: "Admin@Ex.test" },
        { username: "gone", email: "gone@ex.test" },
      ],
    )
    assert.deepEqual(await here().bench.mas("select medium, address from user_unsupported_third_party_ids"), [
      { medium: "msisdn", address: "4912345" },
    ])
  })

  test("links to a provider come by its synapse_idp_id", async () => {
    await here().migrate()
    const links = await here().bench.mas(
      "select username, subject, upstream_oauth_provider_id as id from upstream_oauth_links join users using (user_id)",
    )
    assert.deepEqual(links, [{ username: "admin", subject: "subject-1", id: "0183f981-8aac-b844-b47c-12432ddc6166" }])
  })

  test("devices of those who may log in become sessions; hidden ones and guests' do not", async () => {
    await here().migrate()
    const sessions = await here().bench.mas(
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
    await here().migrate()
    const tokens = await here().bench.mas(
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
    await here().bench.mas(
      `insert into oauth2_sessions (oauth2_session_id, oauth2_client_id, created_at, scope_list)
       select '0183f981-0000-0000-0000-000000000001', oauth2_client_id, now(), '{}' from oauth2_clients limit 1`,
    )
    const said = await here().syn2mas("migrate", "--dry-run")
    assert.equal(said.exitCode, 0, said.stderr)
    assert.match(said.stderr, /Migration ran in dry-run mode, deleting all imported data/)
    for (const table of [...filledTables, "oauth2_sessions"]) assert.equal(await here().count(table), 0, table)
    assert.equal(await here().count("oauth2_clients"), 1)
  })

  function here(): MigrationBench {
    if (!world.bench) throw new Error("the bench did not open")
    return world.bench
  }
})
