import assert from "node:assert/strict"
import { after, before, suite, test } from "node:test"
import { blocking, describeFinding } from "../../../components/migration/finding.ts"
import { findInRows, rowKinds } from "../../../components/migration/pre-flight.ts"
import type { Known } from "../../../components/migration/row-kinds.ts"
import { everyKind } from "../../contract/cli/synapse-database.ts"
import { type Conflict, rowConflicts } from "../../lab/seed/conflicts.ts"
import { MigrationDatabases } from "./migration-databases.ts"

const server = "ex.test"
const known: Known = {
  serverName: server,
  synapseProviders: ["oidc-dex", "oidc-old"],
  masProviders: ["oidc-dex"],
  losesDehydratedDevices: true,
}

/** How many of each kind a conflict makes. */
const madeBy = ({ kind, count = 1, also = {} }: Conflict) => ({ ...also, [kind]: count })

suite("what a migration would stumble over is found before it", () => {
  let databases: MigrationDatabases
  before(async () => {
    databases = await MigrationDatabases.open()
    await databases.synapse.execute("CREATE TABLE dehydrated_devices (user_id text, device_id text, device_data text)")
    await databases.bench.restoreSynapseConfig(["old"])
  })
  after(() => databases?.[Symbol.asyncDispose]())

  const found = async (by: Known = known) => {
    const findings = await findInRows(databases.synapse, by)
    return new Map(findings.map((finding) => [finding.kind.name, finding]))
  }
  const counts = async () => Object.fromEntries([...(await found())].map(([name, { count }]) => [name, count]))

  test("every kind that shows in the rows has a conflict in the second seed set", () => {
    assert.deepEqual([...new Set(rowConflicts.map(({ kind }) => kind))].sort(), rowKinds.map(({ name }) => name).sort())
  })

  for (const conflict of rowConflicts) {
    test(`${conflict.kind}: counted, and named, and nothing else with it`, async () => {
      const usual = await counts()
      await databases.supposing("synapse", conflict.sql(server), async () => {
        const expected = { ...usual }
        for (const [kind, count] of Object.entries(madeBy(conflict))) expected[kind] = (usual[kind] ?? 0) + count
        assert.deepEqual(await counts(), expected)
        const finding = (await found()).get(conflict.kind)
        assert.ok(finding)
        const text = describeFinding(finding)
        assert.ok(text.startsWith(`${conflict.kind} (${finding.count}): `), text)
        assert.ok(text.includes(conflict.which(server)), text)
      })
    })
  }

  for (const { kind, sql } of rowConflicts.filter(({ kind }) => severityOf(kind) === "error")) {
    test(`${kind}: an error, since a dry-run fails at it`, async () => {
      await withRows(sql(server), async () => {
        const { exitCode, stderr } = await databases.bench.syn2mas("migrate", "--dry-run")
        assert.notEqual(exitCode, 0, stderr)
      })
    })
  }

  test("what is no error lets a dry-run pass, all of it at once", async () => {
    const others = rowConflicts.filter(({ kind }) => severityOf(kind) !== "error")
    await withRows(others.map(({ sql }) => sql(server)).join("; "), async () => {
      const { exitCode, stderr } = await databases.bench.syn2mas("migrate", "--dry-run")
      assert.equal(exitCode, 0, stderr)
    })
  })

  test("guests and phone numbers are counted as syn2mas counts them", async () => {
    const both = rowConflicts.filter(({ kind }) => kind === "guests" || kind === "phone-numbers")
    await withRows(both.map(({ sql }) => sql(server)).join("; "), async () => {
      const { stderr } = await databases.bench.syn2mas("check")
      const { guests, "phone-numbers": phones } = await counts()
      assert.match(stderr, new RegExp(`contains ${guests} guests`))
      assert.match(stderr, new RegExp(`contains ${phones} non-email 3PIDs`))
    })
  })

  test("dehydrated devices are none of our business where Synapse keeps them", async () => {
    const conflict = rowConflicts.find(({ kind }) => kind === "dehydrated-devices")
    await databases.supposing("synapse", conflict?.sql(server) ?? "", async () => {
      assert.ok(!(await found({ ...known, losesDehydratedDevices: false })).has("dehydrated-devices"))
    })
  })

  test("macaroons, Synapse's tokens of before 2021, are of no odd shape", async () => {
    const macaroon = Buffer.from("0018location ex.test\n0013identifier key\n0010cid gen = 1\n").toString("base64url")
    const sql = `UPDATE access_tokens SET token = '${macaroon}' WHERE token = 'syt_DEVADM'`
    await databases.supposing("synapse", sql, async () => {
      const rows = await databases.synapse.rows(`SELECT FROM access_tokens WHERE token = '${macaroon}'`)
      assert.equal(rows.length, 1)
      assert.ok(!(await found()).has("tokens-of-odd-shape"))
    })
  })

  test("a warning holds up until it is acknowledged with its very count, an error always, a note never", async () => {
    const named = ["odd-names", "foreign-accounts", "service-accounts"]
    const sql = rowConflicts.filter(({ kind }) => named.includes(kind)).map((conflict) => conflict.sql(server))
    await databases.supposing("synapse", sql.join("; "), async () => {
      const findings = [...(await found()).values()]
      const names = (acknowledged: Record<string, number>) =>
        blocking(findings, acknowledged).map(({ kind }) => kind.name)
      const { "odd-names": count = 0 } = await counts()
      assert.ok(names({}).includes("odd-names"))
      assert.ok(names({ "odd-names": count + 1 }).includes("odd-names"))
      assert.ok(!names({ "odd-names": count }).includes("odd-names"))
      assert.ok(names({ "foreign-accounts": 12 }).includes("foreign-accounts"))
      assert.ok(!names({}).includes("service-accounts"))
    })
  })

  /** For everybody to see, mas-cli included; then the rows are as they were. */
  async function withRows(sql: string, look: () => Promise<void>): Promise<void> {
    const tables =
      "users, devices, access_tokens, refresh_tokens, user_threepids, user_external_ids, dehydrated_devices"
    try {
      await databases.synapse.execute(sql)
      await look()
    } finally {
      await databases.synapse.execute(`TRUNCATE ${tables}; ${everyKind}`)
    }
  }
})

function severityOf(name: string) {
  return rowKinds.find((kind) => kind.name === name)?.severity
}
