import assert from "node:assert/strict"
import { chmod, chown, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { localHost as host } from "../../../components/host/local-host.ts"
import { refusal, startProgram, temporaryFolder } from "./scenery.ts"

test("of several who want the lock in one process each has it alone, and nothing lies there afterwards", async (t) => {
  const folder = await temporaryFolder(t)
  let inside = 0
  const most: number[] = []
  const results = await Promise.all(
    Array.from({ length: 5 }, (_, n) =>
      host.withLock(join(folder, "lock"), async () => {
        inside += 1
        most.push(inside)
        await new Promise((resolve) => setTimeout(resolve, 10))
        inside -= 1
        return n
      }),
    ),
  )
  assert.deepEqual(
    [results, most],
    [
      [0, 1, 2, 3, 4],
      [1, 1, 1, 1, 1],
    ],
  )
  assert.deepEqual(await readdir(folder), [])
})

test("two processes that count under the lock lose nothing", async (t) => {
  const folder = await temporaryFolder(t)
  const counter = join(folder, "counter")
  await writeFile(counter, "0")
  const argv = [join(folder, "lock"), counter, "30"]
  const programs = [0, 1, 2].map(() => startProgram(t, "counts-under-lock", argv))
  assert.deepEqual(await Promise.all(programs.map((program) => program.end())), [0, 0, 0])
  assert.equal(await readFile(counter, "utf8"), "90")
})

test("the lock of a killed holder is free at once", async (t) => {
  const lock = join(await temporaryFolder(t), "lock")
  const holder = startProgram(t, "takes-lock-and-hangs", [lock])
  assert.equal(await holder.line(), "held")
  const { message } = await refusal(
    host.withLock(lock, async () => {}, { waitSeconds: 1 }),
    "host/lock-busy",
  )
  assert.match(message, new RegExp(`process ${holder.process.pid}`))
  holder.process.kill("SIGKILL")
  assert.equal(await host.withLock(lock, async () => "ours", { waitSeconds: 5 }), "ours")
})

test("a holder that stands still for a while keeps its lock", async (t) => {
  const lock = join(await temporaryFolder(t), "lock")
  const holder = startProgram(t, "takes-lock-and-hangs", [lock])
  assert.equal(await holder.line(), "held")
  holder.process.kill("SIGSTOP")
  await refusal(
    host.withLock(lock, async () => {}, { waitSeconds: 3 }),
    "host/lock-busy",
  )
})

test("work that fails under the lock lets go of it, and its error comes through", async (t) => {
  const lock = join(await temporaryFolder(t), "lock")
  const failure = new Error("broken")
  await assert.rejects(
    host.withLock(lock, async () => {
      throw failure
    }),
    failure,
  )
  assert.equal(await host.withLock(lock, async () => 1, { waitSeconds: 5 }), 1)
})

test("a lock in a folder that is not there is refused", async (t) => {
  const lock = join(await temporaryFolder(t), "absent", "lock")
  await refusal(
    host.withLock(lock, async () => {}),
    "host/file-not-writable",
  )
})

test("a lock that somebody took from us is told after the work, since another may have worked at the same time", async (t) => {
  const lock = join(await temporaryFolder(t), "lock")
  const work = host.withLock(lock, async () => {
    const { stdout } = await host.exec(["pgrep", "--parent", String(process.pid), "--full", lock])
    process.kill(Number(stdout), "SIGKILL")
    await new Promise((resolve) => setTimeout(resolve, 300))
  })
  await refusal(work, "host/lock-lost")
})

test("a lock tells its holder by number and start time, not by a clock that can be set", async (t) => {
  const lock = join(await temporaryFolder(t), "lock")
  await host.withLock(lock, async () => {
    const startTicks = (await readFile("/proc/self/stat", "utf8")).split(") ").at(-1)?.split(" ")[19]
    assert.equal(await readFile(lock, "utf8"), `process ${process.pid} (start time ${startTicks})\n`)
  })
})

test("a folder that others can write is no place for a lock of ours", async (t) => {
  const folder = await temporaryFolder(t)
  const foreign = process.getuid?.() === 0 ? [() => chown(folder, 991, 991)] : []
  for (const open of [() => chmod(folder, 0o775), () => chmod(folder, 0o1777), ...foreign]) {
    await open()
    const work = host.withLock(join(folder, "lock"), async () => {})
    const { message } = await refusal(work, "host/folder-not-ours")
    assert.ok(message.includes(`chmod 700 ${folder}`), message)
    await chmod(folder, 0o755)
  }
})

test("a lock on somebody else's file is one and the same by each path to it, and lies not beside it", async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, "real"))
  await writeFile(join(folder, "real", "file"), "theirs")
  await symlink("real", join(folder, "link"))
  await symlink("real/file", join(folder, "other"))
  const paths = ["real/file", "link/file", "other", "real/../link/./file"].map((path) => `${folder}/${path}`)
  await host.withLockOn(paths[0] ?? "", "clients", async () => {
    for (const path of paths) {
      const again = host.withLockOn(path, "clients", async () => {}, { waitSeconds: 1 })
      await refusal(again, "host/lock-busy")
    }
    assert.equal(await host.withLockOn(paths[1] ?? "", "another purpose", async () => "free"), "free")
  })
  assert.deepEqual(await readdir(join(folder, "real")), ["file"])
})
