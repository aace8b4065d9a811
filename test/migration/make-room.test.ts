import assert from "node:assert/strict"
import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, beforeEach, suite, test } from "node:test"
import { openHost } from "../../components/host/open-host.ts"
import type { MigrationPlaces } from "../../components/migration/cut-over.ts"
import { makeRoom } from "../../components/migration/make-room.ts"
import { readMasState } from "../../components/migration/mas-state.ts"
import { refusal } from "../host/scenery.ts"
import { MigrationDatabases, openSide } from "./migration-databases.ts"

suite("room is made in MAS for a migration", { concurrency: false }, () => {
  const host = openHost({ kind: "local" })
  const said: string[] = []
  const world: { databases?: MigrationDatabases; folder?: string } = {}
  before(async () => {
    world.folder = await mkdtemp(join(tmpdir(), "make-room-"))
    world.databases = await MigrationDatabases.open()
  })
  after(async () => {
    await world.databases?.[Symbol.asyncDispose]()
    await rm(world.folder ?? "", { recursive: true, force: true })
  })
  beforeEach(async () => {
    said.splice(0)
    await rm(stopped(), { force: true })
    await here().bench.empty()
  })

  test("where there is room already, nothing is done and MAS goes on", async () => {
    await make()
    assert.deepEqual([said, await isMasStopped()], [[], false])
  })

  test("a stale copy of which MAS has nothing of its own is thrown away, with MAS stopped; clients stay", async () => {
    await here().bench.migrate()
    const clients = await here().bench.count("oauth2_clients")
    await make()
    assert.equal(await readMasState(here().mas), "empty")
    assert.equal(await here().bench.count("compat_access_tokens"), 0)
    assert.equal(await here().bench.count("oauth2_clients"), clients)
    assert.ok(await isMasStopped())
    assert.match(said.join(), /stale copy/)
    await here().bench.migrate()
  })

  test("what MAS has gained by itself is not given up: it is named with its number, and nothing is touched", async () => {
    await here().bench.migrate()
    await here().mas.execute("UPDATE compat_access_tokens SET access_token = 'mct_1' WHERE access_token = 'syt_DEVADM'")
    const { what } = await refusal(make(), "migration/mas-not-empty")
    assert.match(what, /: 1 sessions$/)
    assert.equal(await here().bench.count("users"), 5)
    assert.equal(await isMasStopped(), false)
  })

  test("a database on which MAS was never started is refused", async () => {
    await here().bench.bench.cluster.createDatabase({ name: "fresh", owner: "m" })
    await refusal(make("fresh"), "migration/mas-unprepared")
  })

  test("a migration that ended half-way leaves the room to the next one", async () => {
    await here().synapse.execute("INSERT INTO user_threepids VALUES ('@ghost:ex.test', 'email', 'g@ex.test', 1, 1)")
    assert.equal((await here().bench.syn2mas("migrate")).exitCode, 1)
    await here().synapse.execute("DELETE FROM user_threepids WHERE user_id = '@ghost:ex.test'")
    await make()
    await here().bench.migrate()
  })

  function make(database = "mas"): Promise<void> {
    const service = { name: "mas", commands: { stop: ["touch", stopped()] as const } }
    const mas = { service, config: "/srv/mas/config.yaml", endpoint: "http://mas:8080/" }
    const synapse = { service: { name: "synapse" }, homeserverYaml: "/srv/homeserver.yaml", endpoint: "http://s:8008/" }
    const open: MigrationPlaces["open"] = (side) => openSide(here().bench, side, side === "mas" ? database : side)
    const places = { mas, synapse, open, stateFolder: "/srv/state", acknowledge: {} }
    return makeRoom({ host, say: (line) => void said.push(line) }, places)
  }

  function stopped(): string {
    return join(world.folder ?? "", "stopped")
  }

  async function isMasStopped(): Promise<boolean> {
    return (await readdir(world.folder ?? "")).includes("stopped")
  }

  function here(): MigrationDatabases {
    return world.databases ?? assert.fail("the databases did not open")
  }
})
