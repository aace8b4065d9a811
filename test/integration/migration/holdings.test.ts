import assert from "node:assert/strict"
import { after, before, suite, test } from "node:test"
import { differingKinds, holdingKinds, type Side } from "../../../components/migration/holdings.ts"
import { findDifferingAccounts } from "../../../components/migration/read-holdings.ts"
import { MigrationDatabases } from "./migration-databases.ts"

/** What is done to one side after the migration; the kinds that differ then, and whose. */
interface Difference {
  readonly title: string
  readonly sql: string
  readonly kinds: readonly string[]
  readonly accounts: readonly string[]
}

const of = (user: string) => `(SELECT user_id FROM users WHERE username = '${user}')`
const sessionOf = (device: string) => `(SELECT compat_session_id FROM compat_sessions WHERE device_id = '${device}')`

const losses: readonly Difference[] = [
  {
    title: "a device",
    sql: "DELETE FROM compat_sessions WHERE device_id = 'SECOND'",
    kinds: ["sessions"],
    accounts: ["admin"],
  },
  {
    title: "a token that became another",
    sql: "UPDATE compat_access_tokens SET access_token = 'syt_DEVLOX' WHERE access_token = 'syt_DEVLOC'",
    kinds: ["access tokens"],
    accounts: ["locked"],
  },
  {
    title: "a token, on to somebody else's device, so that all totals are equal",
    sql: `UPDATE compat_access_tokens SET compat_session_id = ${sessionOf("DEVXAV")} WHERE access_token = 'syt_DEVADM'`,
    kinds: ["access tokens"],
    accounts: ["Xavier", "admin"],
  },
  {
    title: "two devices that changed owners, so that all totals are equal",
    sql: `UPDATE compat_sessions SET device_id = CASE device_id WHEN 'DEVADM' THEN 'DEVXAV' ELSE 'DEVADM' END
          WHERE device_id IN ('DEVADM', 'DEVXAV')`,
    kinds: ["sessions", "access tokens"],
    accounts: ["Xavier", "admin"],
  },
  {
    title: "a refresh token",
    sql: "UPDATE compat_refresh_tokens SET refresh_token = 'syr_other'",
    kinds: ["refresh tokens"],
    accounts: ["locked"],
  },
  {
    title: "an e-mail",
    sql: "DELETE FROM user_emails WHERE email = 'gone@ex.test'",
    kinds: ["e-mails"],
    accounts: ["gone"],
  },
  {
    title: "the capitals of an e-mail",
    sql: "UPDATE user_emails SET email = lower(email)",
    kinds: ["e-mails"],
    accounts: ["admin"],
  },
  {
    title: "a phone number",
    sql: "DELETE FROM user_unsupported_third_party_ids",
    kinds: ["other third-party ids"],
    accounts: ["admin"],
  },
  {
    title: "a link to a provider",
    sql: "UPDATE upstream_oauth_links SET subject = 'subject-2'",
    kinds: ["upstream links"],
    accounts: ["admin"],
  },
  {
    title: "a password",
    sql: "UPDATE user_passwords SET hashed_password = 'hash-other' WHERE hashed_password = 'hash-locked'",
    kinds: ["passwords"],
    accounts: ["locked"],
  },
  {
    title: "an empty password",
    sql: `DELETE FROM user_passwords WHERE user_id = ${of("Xavier")}`,
    kinds: ["passwords"],
    accounts: ["Xavier"],
  },
  {
    title: "a lock",
    sql: "UPDATE users SET locked_at = NULL",
    kinds: ["locked"],
    accounts: ["locked"],
  },
  {
    title: "a deactivation, which let somebody in again",
    sql: "UPDATE users SET deactivated_at = NULL",
    kinds: ["deactivated"],
    accounts: ["gone"],
  },
  {
    title: "an administrator",
    sql: "UPDATE users SET can_request_admin = false",
    kinds: ["admins"],
    accounts: ["admin"],
  },
  {
    title: "that somebody is a guest",
    sql: "UPDATE users SET is_guest = false",
    kinds: ["guests"],
    accounts: ["4711"],
  },
  {
    title: "an account with all that it has",
    sql: `DELETE FROM compat_access_tokens WHERE access_token = 'syt_DEVXAV';
          DELETE FROM compat_sessions WHERE user_id = ${of("Xavier")};
          DELETE FROM user_passwords WHERE user_id = ${of("Xavier")}; DELETE FROM users WHERE username = 'Xavier'`,
    kinds: ["users", "passwords", "sessions", "access tokens"],
    accounts: ["Xavier"],
  },
]

const additions: readonly Difference[] = [
  {
    title: "a new account",
    sql: "INSERT INTO users (name, creation_ts) VALUES ('@new:ex.test', 1)",
    kinds: ["users"],
    accounts: ["new"],
  },
  {
    title: "a new device",
    sql: "INSERT INTO devices (user_id, device_id, hidden) VALUES ('@Xavier:ex.test', 'NEW', false)",
    kinds: ["sessions"],
    accounts: ["Xavier"],
  },
  {
    title: "a token that was given anew",
    sql: "UPDATE access_tokens SET token = 'syt_new' WHERE token = 'syt_DEVADM'",
    kinds: ["access tokens"],
    accounts: ["admin"],
  },
  {
    title: "a password that was changed",
    sql: "UPDATE users SET password_hash = 'hash-new' WHERE name = '@admin:ex.test'",
    kinds: ["passwords"],
    accounts: ["admin"],
  },
]

/** What syn2mas leaves out is no loss. */
const leftOut: Readonly<Record<string, string>> = {
  "an application service's user": `INSERT INTO users (name, creation_ts, appservice_id, password_hash)
     VALUES ('@bridge_bob:ex.test', 1, 'bridge', 'x');
     INSERT INTO devices (user_id, device_id, hidden) VALUES ('@bridge_bob:ex.test', 'B', false);
     INSERT INTO user_external_ids (auth_provider, external_id, user_id) VALUES ('oidc-dex', 'b', '@bridge_bob:ex.test')`,
  "a device of somebody deactivated":
    "INSERT INTO devices (user_id, device_id, hidden) VALUES ('@gone:ex.test', 'LATE', false)",
  "a guest's token": `INSERT INTO access_tokens (id, user_id, token) VALUES (900, '@4711:ex.test', 'syt_guest')`,
  "cross-signing keys, which look like a device":
    "INSERT INTO devices (user_id, device_id, hidden) VALUES ('@Xavier:ex.test', 'KEYS', true)",
  "a token for another user":
    "INSERT INTO access_tokens (id, user_id, token, puppets_user_id) VALUES (901, '@admin:ex.test', 'p', '@Xavier:ex.test')",
  "a token whose device is gone":
    "INSERT INTO access_tokens (id, user_id, device_id, token) VALUES (902, '@admin:ex.test', 'LOST', 'syt_lost')",
}

suite("what Synapse holds and what MAS got are compared as sets", { concurrency: false }, () => {
  const world: { databases?: MigrationDatabases } = {}
  before(async () => {
    world.databases = await MigrationDatabases.open()
    await world.databases.bench.migrate()
  })
  after(() => world.databases?.[Symbol.asyncDispose]())

  test("after a migration they are equal in every kind, and there is something of each", async () => {
    const held = await here().holdings("synapse")
    assert.deepEqual(await here().holdings("mas"), held)
    assert.deepEqual(differingKinds(held, await here().holdings("mas")), [])
    for (const { name } of holdingKinds) assert.ok((held[name]?.count ?? 0) > 0, `nobody has ${name}: nothing compared`)
  })

  test("counts are those of people, not of what syn2mas leaves out", async () => {
    const counts = Object.entries(await here().holdings("synapse")).map(([kind, { count }]) => [kind, count])
    assert.deepEqual(Object.fromEntries(counts), {
      users: 5,
      deactivated: 1,
      locked: 1,
      admins: 1,
      guests: 1,
      passwords: 3,
      "e-mails": 2,
      "other third-party ids": 1,
      "upstream links": 1,
      sessions: 6,
      "access tokens": 5,
      "refresh tokens": 1,
    })
  })

  for (const { title, sql, kinds, accounts } of losses) {
    test(`MAS lacks ${title}: it is found by name`, () => expectDifference("mas", sql, { kinds, accounts }))
  }

  for (const { title, sql, kinds, accounts } of additions) {
    test(`Synapse has ${title}: it is found by name`, () => expectDifference("synapse", sql, { kinds, accounts }))
  }

  for (const [title, sql] of Object.entries(leftOut)) {
    test(`${title} does not count`, () => expectDifference("synapse", sql, { kinds: [], accounts: [] }))
  }

  test("where MAS is empty, everybody is named", async () => {
    const statements = "TRUNCATE users CASCADE"
    const [users] = await here().supposing("mas", statements, () => Promise.all(holdingKinds.slice(0, 1).map(named)))
    assert.deepEqual(users, ["4711", "Xavier", "admin", "gone", "locked"])
  })

  test("no token and no hash of a password leaves the database", async () => {
    const answers = JSON.stringify([await here().holdings("synapse"), await here().holdings("mas")])
    assert.doesNotMatch(answers, /syt_|syr_|hash-/)
  })

  async function expectDifference(side: Side, sql: string, expected: Pick<Difference, "kinds" | "accounts">) {
    await here().supposing(side, sql, async () => {
      const kinds = differingKinds(await here().holdings("synapse"), await here().holdings("mas"))
      assert.deepEqual(
        kinds.map(({ name }) => name),
        expected.kinds,
      )
      for (const kind of kinds) assert.deepEqual(await named(kind), expected.accounts, kind.name)
    })
  }

  function named(kind: (typeof holdingKinds)[number]): Promise<readonly string[]> {
    return findDifferingAccounts(kind, { synapse: here().synapse, mas: here().mas })
  }

  function here(): MigrationDatabases {
    if (!world.databases) throw new Error("the databases did not open")
    return world.databases
  }
})
