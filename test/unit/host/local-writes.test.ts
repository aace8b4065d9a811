import assert from "node:assert/strict"
import { chmod, chown, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { execa } from "execa"
import { localHost as host } from "../../../components/host/local-host.ts"
import { refusal, startProgram, temporaryFolder } from "./scenery.ts"

const isRoot = process.getuid?.() === 0

async function fileIn(folder: string, text: string): Promise<string> {
  const path = join(folder, "homeserver.yaml")
  await writeFile(path, text)
  return path
}

test("a replaced file keeps its owner and its mode, and nothing lies beside it", async (t) => {
  const folder = await temporaryFolder(t)
  const path = await fileIn(folder, "before\n")
  if (isRoot) await chown(path, 991, 992)
  for (const mode of [0o600, 0o644, 0o664, 0o2755]) {
    await chmod(path, mode)
    const facts = await host.stat(path)
    await host.replace(path, { before: await readFile(path, "utf8"), after: `mode ${mode}\n` })
    const { mode: modeNow, uid, gid } = await host.stat(path)
    assert.deepEqual({ mode: modeNow, uid, gid }, { mode, uid: facts.uid, gid: facts.gid })
    assert.equal(await readFile(path, "utf8"), `mode ${mode}\n`)
  }
  assert.deepEqual(await readdir(folder), ["homeserver.yaml"])
})

test("whoever reads while a file is replaced sees the old text or the new one, never a part", async (t) => {
  const path = await fileIn(await temporaryFolder(t), "")
  const texts = ["a", "b"].map((letter) => letter.repeat(300_000))
  await writeFile(path, texts[0] ?? "")
  let replacing = true
  const seen = new Set<string>()
  const reader = (async () => {
    while (replacing) seen.add(await readFile(path, "utf8"))
  })()
  for (let turn = 0; turn < 10; turn++) {
    await host.replace(path, { before: texts[turn % 2] ?? "", after: texts[(turn + 1) % 2] ?? "" })
  }
  replacing = false
  await reader
  assert.deepEqual(
    [...seen].filter((text) => !texts.includes(text)).map((text) => text.length),
    [],
  )
})

test("a file changed by somebody else since it was read is not overwritten", async (t) => {
  const folder = await temporaryFolder(t)
  const path = await fileIn(folder, "theirs\n")
  await refusal(host.replace(path, { before: "ours\n", after: "new\n" }), "host/file-changed")
  assert.equal(await readFile(path, "utf8"), "theirs\n")
  assert.deepEqual(await readdir(folder), ["homeserver.yaml"])
})

test("of many who replace the same text at once exactly one wins and the others are told", async (t) => {
  const folder = await temporaryFolder(t)
  const path = await fileIn(folder, "before")
  const attempts = Array.from({ length: 6 }, (_, n) => host.replace(path, { before: "before", after: `from ${n}` }))
  const results = await Promise.allSettled(attempts)
  const winners = results.flatMap(({ status }, n) => (status === "fulfilled" ? [`from ${n}`] : []))
  assert.deepEqual(winners, [await readFile(path, "utf8")])
  for (const result of results) if (result.status === "rejected") assert.equal(result.reason.code, "host/file-changed")
  assert.deepEqual(await readdir(folder), ["homeserver.yaml"])
})

test("through a symbolic link the file it points at is replaced, and the link stays", async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, "real"))
  const path = await fileIn(join(folder, "real"), "before")
  await symlink("real/homeserver.yaml", join(folder, "link"))
  await host.replace(join(folder, "link"), { before: "before", after: "after" })
  assert.equal(await readFile(path, "utf8"), "after")
  assert.deepEqual((await readdir(folder)).sort(), ["link", "real"])
  assert.equal(await readFile(join(folder, "link"), "utf8"), "after")
})

test("a missing file, and a link that leads nowhere, are refused by name", async (t) => {
  const folder = await temporaryFolder(t)
  await symlink("nowhere", join(folder, "link"))
  for (const name of ["link", "absent"]) {
    const path = join(folder, name)
    const { message } = await refusal(host.replace(path, { before: "", after: "x" }), "host/file-missing")
    assert.ok(message.includes(path))
  }
  assert.deepEqual(await readdir(folder), ["link"])
})

/** Unless we are root the file's permissions bind us, and the program is no other user than we are. */
async function replaceAsNobody(t: TestContext, path: string): Promise<{ code: string; message: string }> {
  const program = startProgram(t, "replaces-as-nobody", [path, "before", "after"])
  const said = JSON.parse(await program.line())
  assert.equal(await program.end(), 0)
  return said
}

test("a file that we may not write is refused, although its folder would let us", async (t) => {
  const folder = await temporaryFolder(t)
  await chmod(folder, 0o777)
  const path = await fileIn(folder, "before")
  // Its own file: nothing but its mode speaks against it.
  if (isRoot) await chown(path, 65534, 65534)
  await chmod(path, 0o444)
  const { code, message } = await replaceAsNobody(t, path)
  assert.equal(code, "host/file-not-writable", message)
  assert.equal(await readFile(path, "utf8"), "before")
  assert.deepEqual(await readdir(folder), ["homeserver.yaml"])
})

test("a file in a folder that we may not write is refused", async (t) => {
  const folder = await temporaryFolder(t)
  const path = await fileIn(folder, "before")
  await chmod(path, 0o666)
  await chmod(folder, 0o555)
  const { code, message } = await replaceAsNobody(t, path)
  assert.equal(code, "host/file-not-writable", message)
  assert.equal(await readFile(path, "utf8"), "before")
})

test("a file whose owner we could not keep is refused and left as it is", async (t) => {
  const folder = await temporaryFolder(t)
  await chmod(folder, 0o777)
  const path = await fileIn(folder, "before")
  await chmod(path, 0o666)
  const owner = (await stat(path)).uid
  const { code } = await replaceAsNobody(t, path)
  // Without a second user the file is our own, and its owner can be kept.
  assert.equal(code, isRoot ? "host/file-not-writable" : "replaced")
  assert.equal(await readFile(path, "utf8"), isRoot ? "before" : "after")
  assert.deepEqual([(await stat(path)).uid, await readdir(folder)], [owner, ["homeserver.yaml"]])
})

test("a folder in the place of the file is refused", async (t) => {
  const folder = await temporaryFolder(t)
  await refusal(host.replace(folder, { before: "", after: "x" }), "host/file-not-writable")
})

/** Ways to a disk without room, each around a program that gets the folder: the last needs to be root. */
const fullDisks = [
  { name: "a limit on the size of files", script: `ulimit -f 16; trap "" XFSZ; exec "$@"`, wrap: [] },
  {
    name: "a file system of 64 KiB",
    script: `for folder; do :; done; mount -t tmpfs -o size=64k none "$folder" && exec "$@"`,
    wrap: ["unshare", "--mount"],
  },
].slice(0, isRoot ? 2 : 1)

for (const { name, script, wrap } of fullDisks) {
  test(`with no room on the disk (${name}) the file stays as it is and nothing is left of the new one`, async (t) => {
    const folder = await temporaryFolder(t)
    const program = join(import.meta.dirname, "programs", "writes-more-than-fits.ts")
    const [first = "", ...rest] = [...wrap, "sh", "-c", script, "sh", process.execPath, program, folder]
    const { stdout } = await execa(first, rest)
    assert.deepEqual(JSON.parse(stdout), {
      replaced: "host/disk-full",
      written: "host/disk-full",
      names: ["file"],
      text: "original",
    })
  })
}

test("a file of ours is written whole with the mode it is given, whatever the umask, and written again", async (t) => {
  const path = join(await temporaryFolder(t), "state", "evidence", "journal.json")
  for (const mode of [0o600, 0o664]) {
    await host.write(path, `mode ${mode}`, { mode })
    assert.equal((await host.stat(path)).mode, mode)
    assert.equal(await readFile(path, "utf8"), `mode ${mode}`)
  }
  assert.deepEqual(await readdir(join(path, "..")), ["journal.json"])
  assert.equal((await host.stat(join(path, ".."))).mode, 0o700)
})

test("a file of ours takes owner and group from the one that it is to be like", async (t) => {
  const folder = await temporaryFolder(t)
  const like = await fileIn(folder, "")
  if (isRoot) await chown(like, 991, 992)
  await host.write(join(folder, "frozen"), "copy", { mode: 0o600, like })
  const { uid, gid } = await host.stat(like)
  const facts = await host.stat(join(folder, "frozen"))
  assert.deepEqual([facts.uid, facts.gid, facts.mode], [uid, gid, 0o600])
})
