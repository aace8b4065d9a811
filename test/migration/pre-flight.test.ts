import assert from "node:assert/strict"
import { after, before, suite, test } from "node:test"
import { blocking, describeFinding, findTrouble, preFlightKinds } from "../../components/migration/pre-flight.ts"
import { MigrationDatabases } from "./migration-databases.ts"

/** What is done to Synapse's database, the kind that finds it, and whose name is told. */
interface Trouble {
  readonly kind: string
  readonly sql: string
  readonly which: string
}

const person = (name: string, columns = "", values = "") =>
  `INSERT INTO users (name, password_hash, creation_ts${columns}) VALUES ('${name}', 'hash', 1${values})`

const troubles: readonly Trouble[] = [
  { kind: "foreign-accounts", sql: person("@x:other.test"), which: "@x:other.test" },
  {
    kind: "orphaned-devices",
    sql: "INSERT INTO devices (user_id, device_id, hidden) VALUES ('@ghost:ex.test', 'G', false)",
    which: "@ghost:ex.test",
  },
  {
    kind: "orphaned-access-tokens",
    sql: "INSERT INTO access_tokens (id, user_id, token) VALUES (9001, '@ghost:ex.test', 'syt_ghost')",
    which: "@ghost:ex.test",
  },
  {
    kind: "orphaned-refresh-tokens",
    sql: "INSERT INTO refresh_tokens (id, user_id, device_id, token) VALUES (9001, '@ghost:ex.test', 'G', 'syr_ghost')",
    which: "@ghost:ex.test",
  },
  {
    kind: "orphaned-threepids",
    sql: "INSERT INTO user_threepids VALUES ('@ghost:ex.test', 'email', 'ghost@ex.test', 1, 1)",
    which: "@ghost:ex.test",
  },
  {
    kind: "orphaned-external-ids",
    sql: "INSERT INTO user_external_ids VALUES ('oidc-dex', 'ghost', '@ghost:ex.test')",
    which: "@ghost:ex.test",
  },
  {
    kind: "tokens-of-hidden-devices",
    sql: `${person("@hidden:ex.test")};
      INSERT INTO devices (user_id, device_id, hidden) VALUES ('@hidden:ex.test', 'KEYS', true);
      INSERT INTO access_tokens (id, user_id, device_id, token) VALUES (9001, '@hidden:ex.test', 'KEYS', 'syt_hidden')`,
    which: "@hidden:ex.test",
  },
  {
    kind: "earlier-delegation",
    sql: `${person("@before:ex.test")};
      INSERT INTO user_external_ids VALUES ('oauth-delegated', '01AB', '@before:ex.test')`,
    which: "@before:ex.test",
  },
  {
    kind: "names-equal-but-for-case",
    sql: `${person("@Twin:ex.test")}; ${person("@twin:ex.test")}`,
    which: "@twin:ex.test",
  },
  { kind: "odd-names", sql: person("@a b!:ex.test"), which: "@a b!:ex.test" },
  {
    kind: "tokens-without-device",
    sql: `${person("@lost:ex.test")};
      INSERT INTO access_tokens (id, user_id, device_id, token) VALUES (9001, '@lost:ex.test', 'GONE', 'syt_lost')`,
    which: "@lost:ex.test",
  },
  {
    kind: "nobody-can-log-in",
    sql: "INSERT INTO users (name, password_hash, creation_ts) VALUES ('@mute:ex.test', NULL, 1)",
    which: "@mute:ex.test",
  },
  { kind: "not-approved", sql: person("@waiting:ex.test", ", approved", ", false"), which: "@waiting:ex.test" },
  { kind: "guests", sql: person("@123:ex.test", ", is_guest", ", 1"), which: "@123:ex.test" },
  {
    kind: "phone-numbers",
    sql: `${person("@caller:ex.test")};
      INSERT INTO user_threepids VALUES ('@caller:ex.test', 'msisdn', '4912345', 1, 1)`,
    which: "@caller:ex.test",
  },
]

suite("what a migration would stumble over is found before it", () => {
  let databases: MigrationDatabases
  before(async () => {
    databases = await MigrationDatabases.open()
  })
  after(() => databases?.[Symbol.asyncDispose]())

  const found = async () => {
    const findings = await findTrouble(databases.synapse, "ex.test")
    return new Map(findings.map((finding) => [finding.kind.name, finding]))
  }

  test("every kind has a case here", () => {
    assert.deepEqual(troubles.map(({ kind }) => kind).sort(), preFlightKinds.map(({ name }) => name).sort())
  })

  for (const { kind, sql, which } of troubles) {
    test(`${kind}: counted, and named`, async () => {
      const usual = (await found()).get(kind)?.count ?? 0
      await databases.supposing("synapse", sql, async () => {
        const finding = (await found()).get(kind)
        assert.ok(finding && finding.count > usual, "nothing more was found")
        assert.ok(finding.first.includes(which) || finding.count > 10, `${which} is not named`)
        assert.match(describeFinding(finding), new RegExp(`^${kind} \\(${finding.count}\\): `))
      })
    })
  }

  test("beyond ten the rest is counted", async () => {
    const many = Array.from({ length: 12 }, (_, nth) => person(`@stray${nth}:other.test`)).join("; ")
    await databases.supposing("synapse", many, async () => {
      const finding = (await found()).get("foreign-accounts")
      assert.equal(finding?.first.length, 10)
      assert.match(describeFinding(finding), / and 2 more\./)
    })
  })

  test("a warning holds up until it is acknowledged with its very count, an error always", async () => {
    await databases.supposing("synapse", `${person("@odd!:ex.test")}; ${person("@x:other.test")}`, async () => {
      const findings = [...(await found()).values()]
      const names = (acknowledged: Record<string, number>) =>
        blocking(findings, acknowledged).map(({ kind }) => kind.name)
      const count = findings.find(({ kind }) => kind.name === "odd-names")?.count ?? 0
      assert.ok(names({}).includes("odd-names"))
      assert.ok(names({ "odd-names": count + 1 }).includes("odd-names"))
      assert.ok(!names({ "odd-names": count }).includes("odd-names"))
      assert.ok(names({ "foreign-accounts": 1 }).includes("foreign-accounts"))
    })
  })
})
