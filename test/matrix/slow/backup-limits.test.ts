import assert from "node:assert/strict"
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { after, type TestContext, test } from "node:test"
import { execa } from "execa"
import { type Disk, demandRoom, diskAt, diskOfCluster } from "../../../components/backup/disk-space.ts"
import { estimateBackup, needsOf } from "../../../components/backup/estimate.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { type SomeServer, someServer } from "../../integration/backup/server.ts"
import { host, stopCluster } from "../../integration/backup/world.ts"
import { temporaryFolder } from "../../unit/host/scenery.ts"

after(stopCluster)

const MiB = 1024 * 1024

test("a dump goes through, to the disk and to the operator, without ever being whole in memory", async (t) => {
  const server = await someServer(t)
  await asOwner(server, randomRows)
  const folder = join(server.root, "measured")
  await mkdir(folder)
  const { bytes, whileDumping, whileCopying } = await run(t, "measures-memory", [], { server, folder })
  assert.ok(bytes > 90 * MiB, `the dump is only ${bytes} bytes`)
  // What was read lies about until somebody collects it; whole in memory it would be all of it at least.
  assert.ok(whileDumping < bytes * 0.8, `grew by ${whileDumping} bytes while ${bytes} were dumped`)
  assert.ok(whileCopying < bytes * 0.8, `grew by ${whileCopying} bytes while ${bytes} were copied`)
})

/** What no compression makes smaller: a hundred megabytes. */
const randomRows = `
  CREATE TABLE pictures AS
  SELECT n AS id, (SELECT string_agg(decode(md5(n::text || '-' || m::text), 'hex'), '') FROM generate_series(1, 6400) m) AS bytes
  FROM generate_series(1, 1000) n`

test("where the disk is full it says so, and leaves nothing of a backup, on the host or with the operator", async (t) => {
  const server = await someServer(t)
  await asOwner(server, "CREATE TABLE more AS SELECT md5(n::text) FROM generate_series(1, 20000) n")
  const folder = join(server.root, "small")
  await mkdir(folder)
  const mine = process.getuid?.() === 0 ? [] : ["--map-root-user"]
  const small = [
    "unshare",
    "--mount",
    ...mine,
    "sh",
    "-c",
    'mount -t tmpfs -o size=256k none "$0" && exec "$@"',
    folder,
  ]
  const { dump, archive, backup, copy } = await run(t, "runs-out-of-disk", small, { server, folder })
  for (const outcome of [dump, archive, backup, copy]) {
    assert.equal(outcome.code, "host/disk-full", outcome.what)
    assert.deepEqual(outcome.left, [])
  }
  assert.match(
    backup.what,
    /this machine, .*\/small: \d+ MiB needed \(the backup .* MiB, and some to spare\), 2\d\d KiB there/,
  )
  assert.match(copy.what, /\/small: \d+ MiB needed \(its copy .*\), 2\d\d KiB there/)
})

test("room is looked at on every disk, and what two things take of one disk is added up", () => {
  const disk = (device: string, available: number): Disk => ({ host: "vps", path: `/on/${device}`, device, available })
  const [large, small] = [disk("/dev/sda1", 500 * MiB), disk("/dev/sdb1", 40 * MiB)]
  demandRoom([{ what: "the backup", disk: large, bytes: 300 * MiB }])
  const tooMuch = () =>
    demandRoom([
      { what: "the backup", disk: large, bytes: 300 * MiB },
      { what: "synapse restored once", disk: large, bytes: 200 * MiB },
      { what: "its copy", disk: small, bytes: 30 * MiB },
    ])
  assert.throws(tooMuch, (error) => {
    assert.ok(error instanceof Refusal)
    assert.match(
      error.what,
      /vps, \/on\/\/dev\/sda1: 582 MiB needed \(the backup 300 MiB, synapse restored once 200 MiB/,
    )
    assert.match(
      error.what,
      /vps, \/on\/\/dev\/sdb1: 65 MiB needed \(its copy 30 MiB, and some to spare\), 40 MiB there/,
    )
    return true
  })
  const twoTmpfs = [
    { what: "one", disk: { ...disk("tmpfs", 50 * MiB), path: "/a" }, bytes: 10 * MiB },
    { what: "another", disk: { ...disk("tmpfs", 50 * MiB), path: "/b" }, bytes: 10 * MiB },
  ]
  demandRoom(twoTmpfs)
})

test("needed are the files, their copy, and each database once more beside itself", async (t) => {
  const { places, databases } = await someServer(t)
  const estimate = await estimateBackup(host, places, undefined)
  const needs = await needsOf(host, places, estimate)
  const { database } = databases.synapse.source
  assert.deepEqual(needs.map(({ what }) => what).slice(0, 3), ["the backup", "its copy", `${database} restored once`])
  const [{ bytes: whole } = {}] = await databases.synapse.query("SELECT pg_database_size(current_database()) AS bytes")
  assert.equal(needs[2]?.bytes, Number(whole))
  assert.ok(estimate.databases.synapse.dump > 0 && estimate.databases.synapse.dump < estimate.databases.synapse.whole)
})

test("a folder that is not there yet is on the disk of the one above it", async (t) => {
  const folder = await temporaryFolder(t)
  const above = await diskAt(host, folder)
  const below = await diskAt(host, join(folder, "not/there"))
  assert.deepEqual({ ...below, available: 0 }, { ...above, path: join(folder, "not/there"), available: 0 })
  assert.ok(below.available > 0)
})

test("of a database server elsewhere nobody can tell the room", async (t) => {
  const { databases } = await someServer(t)
  const { source } = databases.synapse
  assert.ok((await diskOfCluster(host, source)) !== undefined)
  const { hostname } = new URL(`http://${(await execa("hostname", ["-I"])).stdout.split(" ")[0]}`)
  const elsewhere = { ...host, connect: (_: string, port: number) => host.connect("127.0.0.1", port) }
  const address = { host: hostname, port: source.address.port ?? 5432 }
  assert.equal(await diskOfCluster(elsewhere, { ...source, address }), undefined)
})

async function asOwner({ databases }: SomeServer, sql: string): Promise<void> {
  await databases.synapse.query(`SET ROLE ${databases.synapse.source.user}; ${sql}`)
}

interface Given {
  readonly server: SomeServer
  readonly folder: string
}

/** Runs one of `programs/` in a process of its own, behind other words if there are any. Gives what it answers. */
async function run(t: TestContext, program: string, before: readonly string[], { server, folder }: Given) {
  const path = join(import.meta.dirname, "../../integration/backup/programs", `${program}.ts`)
  const [first = "", ...rest] = [...before, process.execPath, path]
  const input = JSON.stringify({ places: server.places, folder })
  const { stdout } = await execa(first, rest, { input, cancelSignal: t.signal })
  return JSON.parse(stdout)
}
