import assert from "node:assert/strict"
import { after, before, beforeEach, suite, test } from "node:test"
import { describeGained, notGivenUp, whatMasGained } from "../../../components/migration/gained.ts"
import { refusal } from "../../unit/host/scenery.ts"
import { anId, idOf, UsedMas } from "./used-mas.ts"

suite("what MAS has gained by itself is known, and whose it is", { concurrency: false }, () => {
  let world: UsedMas
  before(async () => {
    world = await UsedMas.open()
  })
  after(() => world?.[Symbol.asyncDispose]())
  beforeEach(() => world.cutOver())

  test("a copy that nobody has used since the migration has gained nothing", async () => {
    assert.deepEqual(await gained(), {})
  })

  test("a MAS without a copy has gained nothing", async () => {
    await world.databases.bench.empty()
    assert.deepEqual(await gained(), {})
  })

  const gains: readonly { title: string; words: readonly string[]; found: Record<string, readonly string[]> }[] = [
    {
      title: "an account that registered with MAS, whatever it has",
      words: ["register-user", "--yes", "kim", "-p", "correct horse battery", "-e", "kim@ex.test"],
      found: { "mas-accounts": ["kim"] },
    },
    {
      title: "a password that was changed",
      words: ["set-password", "admin", "correct horse battery staple"],
      found: { "mas-passwords": ["admin"] },
    },
    {
      title: "a session",
      words: ["issue-compatibility-token", "admin", "NEWDEVICE"],
      found: { "mas-sessions": ["admin"] },
    },
    { title: "an e-mail", words: ["add-email", "admin", "new@ex.test"], found: { "mas-emails": ["admin"] } },
    { title: "a lock", words: ["lock-user", "Xavier"], found: { "mas-locks": ["Xavier"] } },
    { title: "an admin", words: ["promote-admin", "Xavier"], found: { "mas-admins": ["Xavier"] } },
  ]
  for (const { title, words, found } of gains) {
    test(`${title} is a gain`, async () => {
      await world.manage(...words)
      assert.deepEqual(await gained(), found)
    })
  }

  test("a deactivation and a link are gains", async () => {
    await world.inMas("UPDATE users SET deactivated_at = now() WHERE username = 'Xavier'")
    await world.inMas(`INSERT INTO upstream_oauth_links SELECT ${anId}, upstream_oauth_provider_id, ${idOf("locked")},
      'new subject', now() FROM upstream_oauth_providers`)
    assert.deepEqual(await gained(), { "mas-links": ["locked"], "mas-deactivations": ["Xavier"] })
  })

  test("a session of OAuth and one by a personal token are gains; a client's with itself is none", async () => {
    await world.inMas(`INSERT INTO oauth2_clients (oauth2_client_id, is_static, redirect_uris, contacts,
        grant_type_authorization_code, grant_type_refresh_token, grant_type_client_credentials, grant_type_device_code)
      VALUES ('01890000-0000-0000-0000-000000000001', false, '{}', '{}', true, true, true, true) ON CONFLICT DO NOTHING`)
    const client = "'01890000-0000-0000-0000-000000000001'"
    await world.inMas(`INSERT INTO oauth2_sessions (oauth2_session_id, oauth2_client_id, user_id, scope_list, created_at, finished_at)
      VALUES (${anId}, ${client}, ${idOf("admin")}, '{openid}', now(), NULL),
        (${anId}, ${client}, ${idOf("admin")}, '{openid}', now(), now()), (${anId}, ${client}, NULL, '{urn:mas:admin}', now(), NULL)`)
    await world.inMas(`INSERT INTO personal_sessions (personal_session_id, owner_user_id, actor_user_id, human_name, scope_list, created_at)
      VALUES (${anId}, ${idOf("admin")}, ${idOf("Xavier")}, 'script', '{openid}', now())`)
    assert.deepEqual(await gained(), { "mas-sessions": ["Xavier", "admin"] })
  })

  test("a password that its owner's log-in moved to MAS's own scheme is the same password", async () => {
    await world.inMas(`INSERT INTO user_passwords (user_password_id, user_id, hashed_password, version, upgraded_from_id, created_at)
      SELECT ${anId}, user_id, '$argon2id$', 2, user_password_id, now() FROM user_passwords WHERE user_id = ${idOf("admin")}`)
    assert.deepEqual(await gained(), {})
  })

  test("a password that was changed and moved to another scheme since is a gain", async () => {
    await world.manage("set-password", "admin", "correct horse battery staple")
    await world.inMas(`INSERT INTO user_passwords (user_password_id, user_id, hashed_password, version, upgraded_from_id, created_at)
      SELECT ${anId}, user_id, '$argon2id$3', 3, user_password_id, now() FROM user_passwords WHERE version = 2`)
    assert.deepEqual(await gained(), { "mas-passwords": ["admin"] })
  })

  test("a session that is over is no gain", async () => {
    await world.manage("issue-compatibility-token", "admin", "NEWDEVICE")
    await world.manage("kill-sessions", "admin")
    assert.deepEqual(await gained(), {})
  })

  test("what MAS has told Synapse of, and stays there, is no gain", async () => {
    await world.manage("add-email", "admin", "New@ex.test")
    await world.manage("lock-user", "Xavier")
    const toldSynapse = `INSERT INTO user_threepids VALUES ('@admin:ex.test', 'email', 'new@ex.test', 1, 1);
      UPDATE users SET locked = true WHERE name = '@Xavier:ex.test'`
    assert.deepEqual(await world.databases.supposing("synapse", toldSynapse, gained), {})
  })

  test("that Synapse gained something since is no gain of MAS; an address that only MAS has left is one", async () => {
    const later = "INSERT INTO users (name, creation_ts) VALUES ('@later:ex.test', 1); DELETE FROM user_threepids"
    assert.deepEqual(await world.databases.supposing("synapse", later, gained), { "mas-emails": ["admin", "gone"] })
  })

  test("rows of a table that hangs on users and is new to us are a gain", async () => {
    const passkeys = `CREATE TABLE user_passkeys (id int, user_id uuid REFERENCES users (user_id));
      INSERT INTO user_passkeys SELECT n, ${idOf("admin")} FROM generate_series(1, 2) n`
    assert.deepEqual(await world.databases.supposing("mas", passkeys, gained), {
      "mas-other-rows": ["user_passkeys", "user_passkeys"],
    })
  })

  test("a MAS whose clients hang on its users is refused, for they would go with the accounts", async () => {
    const owned = "ALTER TABLE oauth2_clients ADD owner_id uuid REFERENCES users (user_id)"
    await world.databases.supposing("mas", owned, async () => {
      const { what } = await refusal(gained(), "migration/mas-tables-differ")
      assert.match(what, /oauth2_clients/)
    })
  })

  test("it is given up by name and count, and no more when the count is another", async () => {
    await world.manage("set-password", "admin", "correct horse battery staple")
    const found = await whatMasGained(world.databases)
    assert.deepEqual(notGivenUp(found, { "mas-passwords": 1 }), [])
    assert.deepEqual(notGivenUp(found, { "mas-passwords": 2 }), found)
    assert.deepEqual(notGivenUp(found, {}), found)
    assert.match(
      found.map(describeGained).join(),
      /^mas-passwords \(1\): .*: admin; the one that Synapse has counts again$/,
    )
  })

  async function gained(): Promise<Record<string, readonly string[]>> {
    const found = await whatMasGained(world.databases)
    for (const { count, names } of found) assert.equal(count, names.length)
    return Object.fromEntries(found.map(({ kind, names }) => [kind.name, names]))
  }
})
