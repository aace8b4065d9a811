import assert from "node:assert/strict"
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, beforeEach, suite, test } from "node:test"
import { execa } from "execa"
import { openHost } from "../../../components/host/open-host.ts"
import type { MigrationPlaces } from "../../../components/migration/cut-over.ts"
import { makeRoom } from "../../../components/migration/make-room.ts"
import { readMasState } from "../../../components/migration/mas-state.ts"
import { refusal } from "../../unit/host/scenery.ts"
import { openSide } from "./migration-databases.ts"
import { anId, UsedMas } from "./used-mas.ts"

suite("room is made in MAS for a migration", { concurrency: false }, () => {
  const host = openHost({ kind: "local" })
  const said: string[] = []
  let world: UsedMas
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "make-room-"))
    world = await UsedMas.open()
  })
  after(async () => {
    await world?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(async () => {
    said.splice(0)
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true })
    await world.cutOver()
  })

  test("where there is room already, nothing is done and MAS goes on", async () => {
    await world.databases.bench.empty()
    await make()
    assert.deepEqual([said, await happened()], [[], []])
  })

  test("a stale copy of which MAS has nothing of its own is thrown away, with MAS stopped", async () => {
    await make()
    assert.equal(await readMasState(world.databases.mas), "empty")
    assert.deepEqual(await happened(), ["stopped"])
    assert.match(said.join(), /stale copy/)
    await world.databases.bench.migrate()
  })

  test("what MAS has gained is not given up unasked: it is named with its number, and nothing is touched", async () => {
    await world.manage("set-password", "admin", "correct horse battery staple")
    await world.manage("issue-compatibility-token", "Xavier", "NEWDEVICE")
    const { what, meaning, next } = await refusal(make(), "migration/mas-not-empty")
    assert.match(what, /\(mas-passwords: 1, mas-sessions: 1\)$/)
    assert.match(meaning, /- mas-passwords \(1\): .*: admin;.*\n.*- mas-sessions \(1\): .*: Xavier;/)
    assert.match(next, /acknowledge: \{mas-passwords: 1, mas-sessions: 1\}.*kept-from-mas/)
    assert.equal(await count("users"), 5)
    assert.deepEqual(await happened(), [])
  })

  test("an acknowledgement with another number does not hold", async () => {
    await world.manage("set-password", "admin", "correct horse battery staple")
    const { meaning } = await refusal(make({ acknowledge: { "mas-passwords": 2 } }), "migration/mas-not-empty")
    assert.match(meaning, /mas-passwords \(1\).*\(config gives up 2\)/)
    assert.deepEqual([await count("users"), await happened()], [5, []])
  })

  test("what is acknowledged is given up, and is in a dump that nobody else can read", async () => {
    await world.manage("set-password", "admin", "correct horse battery staple")
    await make({ acknowledge: { "mas-passwords": 1 } })
    assert.equal(await readMasState(world.databases.mas), "empty")
    const [name = ""] = await readdir(join(folder, "kept-from-mas"))
    const dump = join(folder, "kept-from-mas", name)
    assert.equal((await stat(dump)).mode & 0o777, 0o600)
    assert.match((await execa("pg_restore", ["--list", dump])).stdout, /TABLE DATA public user_passwords/)
    assert.ok(said.includes(`MAS's database as it was is kept in ${dump}`))
    const { stdout } = await execa("pg_restore", ["--data-only", "--table=users", "--file=-", dump])
    assert.match(stdout, /\tXavier\t/)
    await world.databases.bench.migrate()
  })

  test("what is gained between the look and the stop is not lost: MAS runs on, with everything", async () => {
    await world.manage("set-password", "admin", "correct horse battery staple")
    const late = `UPDATE users SET locked_at = now() WHERE username = 'Xavier'`
    await refusal(make({ acknowledge: { "mas-passwords": 1 }, whileStopping: late }), "migration/mas-not-empty")
    assert.equal(await count("users"), 5)
    assert.deepEqual(await happened(), ["started", "stopped"])
  })

  test("without a dump nothing is given up, and MAS runs on", async () => {
    await world.manage("set-password", "admin", "correct horse battery staple")
    await writeFile(join(folder, "kept-from-mas"), "in the way")
    await refusal(make({ acknowledge: { "mas-passwords": 1 } }), "host/folder-not-made")
    assert.equal(await count("users"), 5)
    assert.ok((await happened()).includes("started"))
  })

  test("only accounts go: clients that registered themselves, providers, policies and tokens to register stay", async () => {
    const client = "01890000-0000-0000-0000-000000000003"
    await world.inMas(`INSERT INTO oauth2_clients (oauth2_client_id, is_static, redirect_uris, contacts,
        grant_type_authorization_code, grant_type_refresh_token, grant_type_client_credentials, grant_type_device_code)
      VALUES ('${client}', false, '{}', '{}', true, true, true, true)`)
    await world.inMas(`INSERT INTO policy_data VALUES (${anId}, now(), '{}')`)
    const stays = ["oauth2_clients", "upstream_oauth_providers", "policy_data", "_sqlx_migrations"]
    const before = await Promise.all(stays.map(count))
    await make()
    assert.deepEqual(await Promise.all(stays.map(count)), before)
    assert.equal(await count(`oauth2_clients WHERE oauth2_client_id = '${client}'`), 1)
    for (const gone of ["users", "compat_access_tokens", "user_passwords", "upstream_oauth_links"])
      assert.equal(await count(gone), 0, gone)
  })

  test("jobs and recoveries of the accounts that are gone go with them; MAS's own rounds stay", async () => {
    await world.manage("lock-user", "Xavier", "--deactivate")
    const job = (queue: string, payload: string, status: string) =>
      world.inMas(`INSERT INTO queue_jobs (queue_job_id, queue_name, payload, status, created_at)
        VALUES (${anId}, '${queue}', '${payload}', '${status}', now())`)
    await job("sync-devices", '{"user_id": "01J"}', "scheduled")
    await job("deactivate-user", '{"user_id": "01J", "hs_erase": true}', "running")
    await job("expire-inactive-compat-sessions", '{"threshold": "2026-01-01T00:00:00Z", "after": null}', "available")
    await job("send-account-recovery-email", '{"user_recovery_session_id": "01J"}', "available")
    await job("expire-inactive-sessions", "null", "scheduled")
    await job("cleanup-queue-jobs", "null", "scheduled")
    await job("sync-devices", '{"user_id": "01J"}', "completed")
    await world.inMas(`INSERT INTO user_recovery_sessions (user_recovery_session_id, email, user_agent, locale, created_at)
      VALUES (${anId}, 'admin@ex.test', '', 'en', now())`)
    await make({ acknowledge: { "mas-locks": 1 } })
    const rows = await world.databases.mas.rows<{ job: string }>(
      "SELECT concat_ws(' ', queue_name, status) AS job FROM queue_jobs ORDER BY 1",
    )
    const left = rows.map(({ job: name }) => name)
    assert.deepEqual(left, [
      "cleanup-queue-jobs scheduled",
      "expire-inactive-sessions scheduled",
      "sync-devices completed",
    ])
    assert.equal(await count("user_recovery_sessions"), 0)
  })

  test("a database on which MAS was never started is refused", async () => {
    await world.databases.bench.bench.cluster.createDatabase({ name: "fresh", owner: "m" })
    await refusal(make({ database: "fresh" }), "migration/mas-unprepared")
  })

  test("a migration that ended half-way leaves the room to the next one", async () => {
    const { synapse, bench } = world.databases
    await bench.empty()
    await synapse.execute("INSERT INTO user_threepids VALUES ('@ghost:ex.test', 'email', 'g@ex.test', 1, 1)")
    assert.equal((await bench.syn2mas("migrate")).exitCode, 1)
    await synapse.execute("DELETE FROM user_threepids WHERE user_id = '@ghost:ex.test'")
    await make()
    await bench.migrate()
  })

  interface Making {
    readonly acknowledge?: Readonly<Record<string, number>>
    readonly database?: string
    /** What somebody does in MAS's database in the last moment. */
    readonly whileStopping?: string
  }

  function make({ acknowledge = {}, database = "mas", whileStopping = "" }: Making = {}): Promise<void> {
    const { bench } = world.databases
    const { host: address, port } = bench.bench.cluster
    const source = { address: { host: address, port }, user: "m", password: "m", database }
    const stop = ["sh", "-c", 'psql --quiet "$1" -c "$2" && touch "$3"', "sh"] as const
    const psql = [`postgresql://m:m@${address}:${port}/${database}`, whileStopping, join(folder, "stopped")] as const
    const commands = { stop: [...stop, ...psql] as const, start: ["touch", join(folder, "started")] as const }
    const mas = { service: { name: "mas", commands }, config: "/srv/mas/config.yaml", endpoint: world.homeserver.url }
    const synapse = { service: { name: "synapse" }, homeserverYaml: "/srv/homeserver.yaml", endpoint: "http://s:8008/" }
    const open: MigrationPlaces["open"] = (side) => openSide(bench, side, side === "mas" ? database : side)
    const evidence = { stateFolder: folder, copyTo: folder, maxAgeSeconds: 3600 }
    const places = { mas, synapse, open, stateFolder: folder, acknowledge, evidence }
    return makeRoom({ host, say: (line) => void said.push(line) }, places, source)
  }

  /** Whether MAS was stopped and started. */
  async function happened(): Promise<string[]> {
    return (await readdir(folder)).filter((name) => name === "started" || name === "stopped").sort()
  }

  function count(rows: string): Promise<number> {
    return world.databases.bench.count(rows)
  }
})
