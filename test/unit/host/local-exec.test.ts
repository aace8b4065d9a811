import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { localHost as host } from "../../../components/host/local-host.ts"
import { refusal, temporaryFolder } from "./scenery.ts"

test("arguments reach the program as they are, since no shell reads them", async () => {
  const words = ["a b", "$HOME", "`id`", "*", 'say "x"', "", "; exit 3", "zwölf\nlines"]
  const { stdout, exitCode } = await host.exec(["node", "-p", "JSON.stringify(process.argv.slice(1))", "--", ...words])
  assert.equal(exitCode, 0)
  assert.deepEqual(JSON.parse(stdout), words)
})

test("a program's exit code, output and errors come back as they are, without being taken for our failure", async () => {
  const finished = await host.exec(["sh", "-c", "echo out; echo; echo err >&2; exit 3"])
  assert.deepEqual(finished, { exitCode: 3, stdout: "out\n\n", stderr: "err\n" })
})

test("a program ended by a signal has the exit code that a shell would give it", async () => {
  assert.equal((await host.exec(["sh", "-c", "kill -KILL $$"])).exitCode, 137)
})

test("standard input reaches the program whole, and one that does not read it is no mistake", async () => {
  const stdin = "line\n".repeat(200_000)
  assert.equal((await host.exec(["cat"], { stdin })).stdout, stdin)
  assert.equal((await host.exec(["true"], { stdin })).exitCode, 0)
  assert.equal((await host.exec(["cat"])).stdout, "")
})

test("files serve as standard input and output byte for byte, and only their owner may read what is made", async (t) => {
  const folder = await temporaryFolder(t)
  const bytes = Buffer.from([0, 1, 0xff, 0xfe, 10, 13, 0x80])
  await writeFile(join(folder, "in"), bytes)
  const options = { stdinFile: join(folder, "in"), stdoutFile: join(folder, "out") }
  assert.deepEqual(await host.exec(["cat"], options), { exitCode: 0, stdout: "", stderr: "" })
  assert.deepEqual(await readFile(options.stdoutFile), bytes)
  assert.equal((await stat(options.stdoutFile)).mode & 0o777, 0o600)
  await refusal(host.exec(["cat"], { stdinFile: join(folder, "absent") }), "host/file-missing")
  await refusal(host.exec(["echo"], { stdoutFile: join(folder, "absent", "out") }), "host/file-missing")
})

test("output that finds no room on the disk is told as that", async () => {
  await refusal(host.exec(["head", "-c", "1000000", "/dev/zero"], { stdoutFile: "/dev/full" }), "host/disk-full")
})

test("a program that is not there, or may not be run, is refused by its name", async (t) => {
  const { message } = await refusal(host.exec(["no-such-program"]), "host/program-missing")
  assert.match(message, /no-such-program/)
  await refusal(host.exec([await temporaryFolder(t)]), "host/command-failed")
})

test("a program that takes too long is ended with all that it has started", async (t) => {
  const pids = join(await temporaryFolder(t), "pids")
  // Neither heeds SIGTERM, and the inner one keeps the output open.
  const script = `trap "" TERM; sh -c 'trap "" TERM; echo $$ >>"$1"; while :; do sleep 1; done' inner "$1" & echo $$ >>"$1"; wait`
  const { message } = await refusal(
    host.exec(["sh", "-c", script, "outer", pids], { timeoutSeconds: 1 }),
    "host/command-timed-out",
  )
  assert.match(message, /longer than 1 s/)
  const started = (await readFile(pids, "utf8")).trim().split("\n").map(Number)
  assert.equal(started.length, 2)
  for (const pid of started) assert.ok(await isGone(pid))
})

test("what ignores the end of the program that started it is ended too", async (t) => {
  const pids = join(await temporaryFolder(t), "pids")
  const script = `sh -c 'trap "" TERM; echo $$ >"$1"; while :; do sleep 1; done' inner "$1" >/dev/null 2>&1 & sleep 60`
  await refusal(host.exec(["sh", "-c", script, "outer", pids], { timeoutSeconds: 1 }), "host/command-timed-out")
  assert.ok(await isGone(Number(await readFile(pids, "utf8"))))
})

test("a program that leaves a daemon with its output behind does not hold us beyond the limit", async (t) => {
  const pid = join(await temporaryFolder(t), "pid")
  const script = `setsid sh -c 'echo $$ >"$1"; exec sleep 30' daemon "$1" & sleep 30`
  const begin = performance.now()
  await refusal(host.exec(["sh", "-c", script, "outer", pid], { timeoutSeconds: 1 }), "host/command-timed-out")
  process.kill(Number(await readFile(pid, "utf8")), "SIGKILL")
  assert.ok(performance.now() - begin < 20_000)
})

/** Waits a little: a killed process is gone when the kernel gets to it. */
async function isGone(pid: number): Promise<boolean> {
  for (let looks = 0; looks < 100 && isAlive(pid); looks++) await pause(20)
  return !isAlive(pid)
}

/** One that has ended and whose parent did not ask how counts as ended. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}
