import assert from "node:assert/strict"
import { chown, link, lstat, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { suite, test } from "node:test"
import { execa } from "execa"
import { archiveFiles } from "../../../components/backup/archive.ts"
import { makeFolder } from "../../../components/backup/backups.ts"
import { restoreGuide } from "../../../components/backup/restore-guide.ts"
import { findSmallFiles } from "../../../components/backup/small-files.ts"
import { localHost as host } from "../../../components/host/local-host.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { propertyFactor } from "../../unit/property-runs.ts"
import { placesOf } from "./archives.ts"
import { attacker, kinds } from "./plant.ts"
import { scene, text } from "./scene.ts"

/** Long for a few small files, short for what waits without end. */
const limitSeconds = 30

/** Of the things to plant each name gets every third, others than its neighbour; all of them in the matrix. */
const every = propertyFactor > 1 ? 1 : 3

/** At which of the names that are unpacked something lies: of the config, of its folder, and of one below that. */
const targets: Readonly<Record<string, (file: string) => string>> = {
  "homeserver.yaml": (file) => file,
  "its folder": (file) => dirname(file),
  "a folder beside it": (file) => join(dirname(file), "conf.d"),
  "a file in that": (file) => join(dirname(file), "conf.d", "homeserver.yaml"),
}

suite("what somebody has planted before a backup is unpacked by root", { concurrency: 4 }, () => {
  for (const [nth, [name, targetOf]] of Object.entries(targets).entries()) {
    for (const [at, [planted, { plant }]] of Object.entries(kinds).entries()) {
      if ((at + nth) % every !== 0) continue
      test(`${planted} at ${name}: nothing of root's is written, and the files are back`, async () => {
        await using given = await scene()
        const file = join(given.folder, "below", "homeserver.yaml")
        await mkdir(join(given.folder, "below", "conf.d"), { recursive: true })
        await rename(given.file, file)
        await writeFile(join(dirname(file), "conf.d", "homeserver.yaml"), "more: true\n")
        for (const path of [dirname(file), join(dirname(file), "conf.d")]) await chown(path, attacker, attacker)
        const commands = await backUp({ ...given, file })
        for (const command of commands) {
          const target = targetOf(file)
          // Aside, as `mv` does it: what lies there is the attacker's own.
          await rm(target, { recursive: true, force: true })
          await mkdir(dirname(target), { recursive: true })
          await plant(target, given.prey)
          const { exitCode, all, timedOut } = await execa("sh", ["-c", command], {
            ...{ cwd: given.stateFolder, reject: false, all: true, timeout: limitSeconds * 1000 },
          })
          assert.ok(!timedOut, `${command} hangs`)
          assert.deepEqual(await given.harm(), [], command)
          const isFolder = /^a folder/.test(planted) && /^(homeserver|a file)/.test(name)
          if (isFolder && exitCode !== 0) continue
          assert.equal(exitCode, 0, `${command}\n${all}`)
          const { uid, nlink } = await lstat(file)
          assert.deepEqual([await readFile(file, "utf8"), uid, nlink], [text, attacker, 1], command)
          assert.ok((await lstat(dirname(file))).isDirectory())
        }
      })
    }
  }
})

/** An archive as a backup has it, and the commands of its own guide that unpack homeserver.yaml alone, and everything. */
async function backUp(given: Parameters<typeof placesOf>[0]): Promise<readonly string[]> {
  const places = await placesOf(given)
  const { files, essential } = await findSmallFiles(host, places)
  const to = join(given.stateFolder, "files.tar")
  const { folders } = await archiveFiles(host, to, { paths: files, compared: essential })
  const locale = { encoding: "UTF8", collate: "C", ctype: "C" }
  const database = { database: "nothing", serverVersion: "15", locale, bytes: 0, rows: {} }
  const databases = { synapse: database, mas: database }
  const guide = restoreGuide(
    places,
    { id: "20261130T000000Z-0000", takenAt: "", files: [], databases, folders },
    new Map(),
  )
  const unpacking = guide.split("\n").filter((line) => /^ {4}tar .*-xpf/.test(line))
  assert.equal(unpacking.length, 3, guide)
  return unpacking.filter((line) => !line.includes("mas.yaml")).map((line) => line.trim())
}

suite("what somebody has planted where backups are to go", () => {
  for (const [planted, { plant }] of Object.entries(kinds)) {
    for (const below of ["", "deeper/backups"]) {
      test(`${planted}${below && ", above the folder"}: no folder of root's is taken for ours`, async () => {
        await using given = await scene()
        const target = join(given.folder, "backups")
        await plant(target, given.prey)
        const error = await makeFolder(host, join(target, below)).then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        assert.ok(error instanceof Refusal, String(error))
        assert.match(error.code, /^(host\/folder-not-ours|backup\/folder-unusable|host\/file-not-plain)$/)
        assert.deepEqual(await given.harm(), [])
      })
    }
  }

  test("a folder of root's in the attacker's is refused, since he can move it away", async () => {
    await using given = await scene()
    const folder = join(given.folder, "backups")
    await mkdir(folder, { mode: 0o700 })
    const error = await makeFolder(host, folder).catch((thrown: unknown) => thrown)
    assert.ok(error instanceof Refusal && error.code === "host/folder-not-ours", String(error))
    assert.ok(error.what.includes(given.folder), error.what)
  })
})

test("a file of two names is in the archive where nobody else can have made the second one", async () => {
  await using given = await scene()
  await link(given.file, join(given.folder, "second.yaml"))
  await link(given.prey.file, join(given.folder, "planted.yaml"))
  const to = join(given.stateFolder, "files.tar")
  const { leftOut } = await archiveFiles(host, to, { paths: [given.folder] })
  assert.deepEqual(
    leftOut.map(({ path }) => path),
    [join(given.folder, "planted.yaml")],
  )
})
