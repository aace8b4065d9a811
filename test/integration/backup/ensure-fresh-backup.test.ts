import assert from "node:assert/strict"
import { hash } from "node:crypto"
import { appendFile, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { after, test } from "node:test"
import { execa } from "execa"
import { findBackups, findTouched } from "../../../components/backup/backups.ts"
import { ensureFreshBackup, haveFreshBackup, takeFreshBackup } from "../../../components/backup/ensure-fresh-backup.ts"
import type { BackupManifest } from "../../../components/backup/manifest.ts"
import type { Host } from "../../../components/host/host.ts"
import { refusal } from "../../unit/host/scenery.ts"
import { type SomeServer, someServer } from "./server.ts"
import { host, stopCluster } from "./world.ts"

after(stopCluster)

const hour = { youngerThanSeconds: 3600 }

test("a backup holds both databases and the files that the server is, here and on the operator's machine, for their eyes only", async (t) => {
  const server = await someServer(t)
  const { places, root, said } = server
  const backup = await ensureFreshBackup(server.context, places)
  assert.deepEqual(
    backup.files.map(({ name }) => name),
    ["synapse.dump", "mas.dump", "files.tar", "restore.txt", "SHA256SUMS"],
  )
  assert.equal(backup.databases.synapse.rows["public.users"], 500)
  for (const folder of [places.folder, String(places.rules.copyTo)]) {
    await holdsToItsManifest(join(folder, backup.id), backup)
  }
  const tar = join(places.folder, backup.id, "files.tar")
  const { stdout } = await execa("tar", ["-tf", tar])
  const below = root.slice(1)
  assert.deepEqual(
    stdout.split("\n").flatMap((path) => (path.endsWith("/") ? [] : [path.slice(below.length + 1)])),
    [
      ...["bridges/bridge.yaml", "mas/config.yaml", "secrets/encryption", "state/delegated-auth.kept.json"],
      ...["synapse/conf.d/a name with spaces.yaml", "synapse/example.org.signing.key", "synapse/homeserver.yaml"],
      ...["synapse/log.config", "templates/mail/notice.html"],
    ],
  )
  assert.equal(backup.smallFiles.count, 9)
  assert.ok(
    said.some((line) => /4 tables, 580 rows in .* restored once and counted again/.test(line)),
    said.join("\n"),
  )
  await server.databases.mas.scratch().then((left) => assert.deepEqual(left, []))
})

test("what is unpacked by hand is what was there, byte for byte, with owner and mode", async (t) => {
  const server = await someServer(t)
  const backup = await ensureFreshBackup(server.context, server.places)
  const tar = join(server.places.folder, backup.id, "files.tar")
  const elsewhere = join(server.root, "elsewhere")
  await mkdir(elsewhere)
  await execa("tar", ["-xpf", tar, "--numeric-owner", "-C", elsewhere])
  for (const path of ["synapse/homeserver.yaml", "synapse/example.org.signing.key", "secrets/encryption"]) {
    const [was, is] = [join(server.root, path), join(elsewhere, server.root, path)]
    assert.deepEqual(await readFile(is), await readFile(was))
    const facts = async (file: string) => ((it) => [it.mode, it.uid, it.gid])(await stat(file))
    assert.deepEqual(await facts(is), await facts(was))
  }
})

test("media are in it by choice, and more files by name", async (t) => {
  const server = await someServer(t, { media: true })
  await mkdir(join(server.root, "more"))
  await writeFile(join(server.root, "more/nginx.conf"), "server {}")
  const rules = { ...server.places.rules, include: [join(server.root, "more")] }
  const backup = await ensureFreshBackup(server.context, { ...server.places, rules })
  const names = async (file: string) =>
    (await execa("tar", ["-tf", join(server.places.folder, backup.id, file)])).stdout
  assert.match(await names("media.tar"), /synapse\/media_store\/local_content\/aa\/bb/)
  assert.match(await names("files.tar"), /more\/nginx\.conf/)
})

test("one that is young enough and whole is taken as it is; one that is too old is not", async (t) => {
  const server = await someServer(t)
  const first = await haveFreshBackup(server.context, server.places, hour)
  assert.equal((await haveFreshBackup(server.context, server.places, hour)).id, first.id)
  await grow(server, first, 3700)
  const second = await haveFreshBackup(server.context, server.places, hour)
  assert.notEqual(second.id, first.id)
  assert.equal((await findBackups(host, server.places.folder)).length, 2)
})

test("one whose clock stands in the future counts for none that is young", async (t) => {
  const server = await someServer(t)
  const first = await haveFreshBackup(server.context, server.places, hour)
  await grow(server, first, -900)
  assert.notEqual((await haveFreshBackup(server.context, server.places, hour)).id, first.id)
})

test("one with another byte in it does not count, though size and time are as they were", async (t) => {
  const server = await someServer(t)
  const first = await haveFreshBackup(server.context, server.places, hour)
  const dump = join(server.places.folder, first.id, "mas.dump")
  const { mtime } = await stat(dump)
  const bytes = await readFile(dump)
  bytes[200] = (bytes[200] ?? 0) ^ 1
  await writeFile(dump, bytes)
  await utimes(dump, mtime, mtime)
  assert.deepEqual(await findTouched(host, server.places.folder, first), [])
  const second = await haveFreshBackup(server.context, server.places, hour)
  assert.notEqual(second.id, first.id)
  assert.ok(server.said.some((line) => /no longer counts: mas\.dump is not as it was/.test(line)))
})

test("a file that is gone or was written to is seen without reading any", async (t) => {
  const server = await someServer(t)
  const backup = await ensureFreshBackup(server.context, server.places)
  const { folder } = server.places
  await appendFile(join(folder, backup.id, "files.tar"), "x")
  await rm(join(folder, backup.id, "mas.dump"))
  assert.deepEqual(await findTouched(host, folder, backup), ["mas.dump", "files.tar"])
})

test("a copy that the operator has lost or damaged is made again, without another backup", async (t) => {
  const server = await someServer(t)
  const backup = await haveFreshBackup(server.context, server.places, hour)
  const copy = join(String(server.places.rules.copyTo), backup.id)
  await rm(copy, { recursive: true })
  assert.equal((await haveFreshBackup(server.context, server.places, hour)).id, backup.id)
  await holdsToItsManifest(copy, backup)
  await writeFile(join(copy, "mas.dump"), "torn")
  assert.equal((await haveFreshBackup(server.context, server.places, hour)).id, backup.id)
  await holdsToItsManifest(copy, backup)
})

test("the newest are kept, here and there, and the one that a cutover rests on, however old", async (t) => {
  const server = await someServer(t, { keep: 2 })
  const { places, context } = server
  const resting = await ensureFreshBackup(context, places)
  const taken: string[] = []
  for (let nth = 4; nth > 0; nth -= 1) {
    const before = await findBackups(host, places.folder)
    for (const [index, backup] of before.entries()) await grow(server, backup, 4000 * (index + 1))
    taken.unshift((await haveFreshBackup(context, places, hour)).id)
  }
  for (const folder of [places.folder, String(places.rules.copyTo)]) {
    const kept = (await readdir(folder)).filter((name) => !name.startsWith(".") && !name.startsWith("held"))
    assert.deepEqual(kept.sort(), [...taken.slice(0, 2), resting.id].sort())
  }
})

test("a window never rests on a backup from before it: one is begun now, however young the last one is", async (t) => {
  const server = await someServer(t)
  const { context, places, databases } = server
  const first = await haveFreshBackup(context, places, hour)
  await databases.synapse.query("INSERT INTO users VALUES ('@last:example.org')")
  const resting = await ensureFreshBackup(context, places)
  assert.notEqual(resting.id, first.id)
  const users = ({ databases: { synapse } }: BackupManifest) => synapse.rows["public.users"] ?? 0
  assert.equal(users(resting), users(first) + 1)
  assert.equal(await readFile(join(places.folder, "held-for-the-way-back"), "utf8"), `${resting.id}\n`)
  await databases.synapse.query("INSERT INTO users VALUES ('@later:example.org')")
  assert.equal(users(await takeFreshBackup(context, places)), users(first) + 2)
})

test("a night of many tries keeps as many as are to be kept, the last whole one among them, and no more", async (t) => {
  const server = await someServer(t, { keep: 2 })
  const { context, places } = server
  const taken: string[] = []
  for (let nth = 0; nth < 5; nth += 1) {
    for (const [index, backup] of (await findBackups(host, places.folder)).entries())
      await grow(server, backup, 60 * (index + 1))
    taken.unshift((await ensureFreshBackup(context, places)).id)
  }
  for (const folder of [places.folder, String(places.rules.copyTo)]) {
    assert.deepEqual(await backupsIn(folder), taken.slice(0, 2).sort())
  }
})

test("the backup that a run rests on stays, and a whole one beside it, whatever clocks and damage say of others", async (t) => {
  const orders = [
    { title: "one of the future", keep: 1, ages: [-90_000], damaged: [] },
    { title: "two that are damaged and newer than a whole one", keep: 2, ages: [60, 120, 180], damaged: [0, 1] },
    { title: "a damaged one that is newest by its clock", keep: 1, ages: [-60, 60], damaged: [0] },
  ]
  for (const { title, keep, ages, damaged } of orders) {
    await t.test(title, async (t) => {
      const server = await someServer(t, { keep: 9 })
      const { context, places } = server
      const older: BackupManifest[] = []
      for (const _ of ages) older.push(await takeFreshBackup(context, places))
      for (const [index, backup] of older.entries()) await grow(server, backup, ages[index] ?? 0)
      for (const index of damaged) await rm(join(places.folder, older[index]?.id ?? "", "mas.dump"))
      const rules = { ...places.rules, keep }
      const current = await takeFreshBackup(context, { ...places, rules })
      const left = await backupsIn(places.folder)
      assert.ok(left.includes(current.id))
      const whole = older.filter((_, index) => !damaged.includes(index)).map(({ id }) => id)
      assert.deepEqual(
        whole.filter((id) => left.includes(id)),
        whole.slice(0, keep - 1),
      )
    })
  }
})

test("what a killed run has left is removed; what is not ours stays", async (t) => {
  const server = await someServer(t)
  const { folder } = server.places
  await mkdir(join(folder, ".unfinished-20260101T000000Z-abcd"), { recursive: true })
  await mkdir(join(folder, "20260101T000000Z-abcd"))
  await writeFile(join(folder, "20260101T000000Z-abcd/manifest.json"), "{")
  await writeFile(join(folder, "notes of the operator"), "")
  const backup = await ensureFreshBackup(server.context, server.places)
  assert.deepEqual((await readdir(folder)).sort(), [
    "20260101T000000Z-abcd",
    backup.id,
    "held-for-the-way-back",
    "notes of the operator",
  ])
})

test("a server whose signing key is nowhere gets no backup, and hears why", async (t) => {
  const server = await someServer(t)
  await rm(join(server.root, "synapse/example.org.signing.key"))
  const error = await refusal(ensureFreshBackup(server.context, server.places), "backup/signing-key-unseen")
  assert.equal(error.where.file, join(server.root, "synapse/example.org.signing.key"))
  assert.deepEqual(await findBackups(host, server.places.folder), [])
})

test("two that want one at a time get the same one", async (t) => {
  const server = await someServer(t)
  const both = await Promise.all([
    haveFreshBackup(server.context, server.places, hour),
    haveFreshBackup(server.context, server.places, hour),
  ])
  assert.equal(both[0].id, both[1].id)
})

test("a failure half-way leaves nothing behind, here or in the database server", async (t) => {
  const server = await someServer(t)
  const failing: Host = {
    ...host,
    exec: async (argv, options) => {
      if (argv[0] === "tar") return { exitCode: 2, stdout: "", stderr: "tar: it is late" }
      return host.exec(argv, options)
    },
  }
  const context = { ...server.context, host: failing }
  const error = await refusal(ensureFreshBackup(context, server.places), "backup/archive-failed")
  assert.match(error.what, /it is late/)
  assert.deepEqual(await readdir(server.places.folder), [])
  assert.deepEqual(await server.databases.synapse.scratch(), [])
})

/** As if time had gone by since: the age of a backup goes by its manifest. */
async function grow({ places }: SomeServer, backup: BackupManifest, seconds: number): Promise<void> {
  const takenAt = new Date(Date.now() - seconds * 1000).toISOString()
  for (const folder of [places.folder, String(places.rules.copyTo)]) {
    await writeFile(join(folder, backup.id, "manifest.json"), JSON.stringify({ ...backup, takenAt }))
  }
}

async function backupsIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => /^\d/.test(name)).sort()
}

async function holdsToItsManifest(folder: string, backup: BackupManifest): Promise<void> {
  assert.deepEqual(JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")), backup)
  assert.equal((await stat(folder)).mode & 0o777, 0o700)
  assert.deepEqual((await readdir(folder)).sort(), ["manifest.json", ...backup.files.map(({ name }) => name)].sort())
  for (const { name, bytes, sha256 } of backup.files) {
    const content = await readFile(join(folder, name))
    assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name)
    assert.deepEqual([content.length, hash("sha256", content)], [bytes, sha256], name)
  }
}
