import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { chmod, link, mkdir, readdir, readFile, readlink, symlink, truncate, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { buffer } from "node:stream/consumers"
import { test } from "node:test"
import { openHost } from "../../../components/host/open-host.ts"
import { refusal, temporaryFolder } from "./scenery.ts"

const host = openHost({ kind: "local" })

test("text comes back with every byte it has, a byte order mark and Windows line ends included", async (t) => {
  const path = join(await temporaryFolder(t), "file")
  const bytes = Buffer.from("\uFEFFname: Zoë 🦊\r\n\u0000tail without a line end")
  await writeFile(path, bytes)
  assert.deepEqual(Buffer.from(await host.read(path)), bytes)
})

test("a file that is not UTF-8 is refused rather than damaged", async (t) => {
  const path = join(await temporaryFolder(t), "file")
  await writeFile(path, Buffer.from([0x61, 0xe9, 0x62]))
  await refusal(host.read(path), "host/file-not-text")
})

test("a file that was grown beyond any text is refused, and so is one without end", async (t) => {
  const path = join(await temporaryFolder(t), "file")
  await writeFile(path, "server_name: example.org\n")
  await truncate(path, 65 * 1024 * 1024)
  for (const grown of [path, "/dev/zero"]) await refusal(host.read(grown), "host/file-not-readable")
})

test("a missing file is refused by its path, and may be asked for where that is no mistake", async (t) => {
  const path = join(await temporaryFolder(t), "homeserver.yaml")
  const { message, where } = await refusal(host.read(path), "host/file-missing")
  assert.ok(message.includes(path))
  assert.equal(where.file, path)
  assert.equal(await host.readIfPresent(path), undefined)
  assert.equal(await host.readIfPresent(join(path, "below")), undefined)
  await refusal(host.stat(path), "host/file-missing")
})

test("a file that is there but cannot be read is never taken for one that is not there", async (t) => {
  const folder = await temporaryFolder(t)
  await refusal(host.readIfPresent(folder), "host/file-not-readable")
  const path = join(folder, "latin1")
  await writeFile(path, Buffer.from([0xe9]))
  await refusal(host.readIfPresent(path), "host/file-not-text")
})

test("a file comes as a stream of just its bytes, text or not, and none is left open", async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, "dump")
  const bytes = randomBytes(300_000)
  await writeFile(path, bytes)
  assert.deepEqual(await buffer(await host.readStream(path)), bytes)
  await writeFile(join(folder, "empty"), "")
  assert.equal((await buffer(await host.readStream(join(folder, "empty")))).length, 0)
  await refusal(host.readStream(join(folder, "nobody")), "host/file-missing")
  await refusal(host.readStream(folder), "host/file-not-readable")
  const open = await Promise.all(
    (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
  )
  assert.deepEqual(
    open.filter((target) => target.startsWith(folder)),
    [],
  )
})

test("the facts of a file are its mode, owner, size and time", async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, "file")
  await writeFile(path, "12345")
  await chmod(path, 0o640)
  const time = new Date("2026-01-02T03:04:05Z")
  await utimes(path, time, time)
  const { uid, gid } = { uid: process.getuid?.(), gid: process.getgid?.() }
  const { identity, ...facts } = await host.stat(path)
  assert.deepEqual(facts, { mode: 0o640, uid, gid, size: 5, modifiedAt: time })
  await link(path, join(folder, "other"))
  assert.equal((await host.stat(join(folder, "other"))).identity, identity)
  assert.notEqual((await host.stat(folder)).identity, identity)
})

test("removing a file of ours twice is no mistake, and a link goes without what it points at", async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, "target"), "kept")
  await symlink("target", join(folder, "link"))
  await host.remove(join(folder, "link"))
  await host.remove(join(folder, "link"))
  assert.equal(await readFile(join(folder, "target"), "utf8"), "kept")
  await mkdir(join(folder, "inner"))
  await assert.rejects(host.remove(join(folder, "inner")))
})
