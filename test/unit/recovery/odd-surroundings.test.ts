import assert from "node:assert/strict"
import { chmod, mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { suite, type TestContext, test } from "node:test"
import { localHost as host } from "../../../components/host/local-host.ts"
import { describeHolder, stateOfHolder } from "../../../components/recovery/lock-holder.ts"
import { listMachineProcesses } from "../../../components/recovery/machine-processes.ts"
import { findLocks } from "../../../components/recovery/stack-locks.ts"
import { temporaryFolder } from "../host/scenery.ts"
import { propertyRuns } from "../property-runs.ts"

const command = join(import.meta.dirname, "../../../components/commands/recover.ts")

/** A `pulumi` that keeps its states in a folder, and says what it is told to. */
async function pulumiWith(
  t: TestContext,
  whoami: (states: string) => string,
): Promise<{ states: string; path: string }> {
  const folder = await temporaryFolder(t)
  const [states, bin] = [join(folder, "states"), join(folder, "bin")]
  await mkdir(bin)
  await mkdir(states)
  await writeFile(join(bin, "pulumi"), `#!/bin/sh\ncat <<'END'\n${whoami(states)}\nEND\n`)
  await chmod(join(bin, "pulumi"), 0o755)
  return { states, path: `${bin}:${process.env.PATH}` }
}

async function recover(folder: string, path = String(process.env.PATH), ...options: readonly string[]) {
  const words = ["--chdir", folder, `PATH=${path}`, process.execPath, command, "--stack", "prod", ...options] as const
  return host.exec(["env", ...words], { timeoutSeconds: 120 })
}

suite("recover in odd surroundings", () => {
  for (const [where, projectFile] of [
    ["outside of the project's folder", undefined],
    ["with an empty Pulumi.yaml", ""],
    ["with a Pulumi.yaml that is cut off", "name: [a"],
    ["with a Pulumi.yaml that names no project", "runtime: nodejs\n"],
  ] as const) {
    test(`${where}: one clear error, and it does not say that nothing had been left behind`, async (t) => {
      const folder = await temporaryFolder(t)
      if (projectFile !== undefined) await writeFile(join(folder, "Pulumi.yaml"), projectFile)
      const { exitCode, stdout, stderr } = await recover(folder)
      assert.equal(exitCode, 1)
      assert.match(stdout, /\(recover\/no-project\)/)
      assert.doesNotMatch(stdout, /left behind/)
      assert.doesNotMatch(stdout + stderr, /\n\s+at |SyntaxError|ENOENT/)
    })
  }

  for (const [what, answer] of [
    ["nothing", ""],
    ["no JSON", "{"],
    ["no place", "{}"],
    ["a place that is none", '{"url": "no place"}'],
  ] as const) {
    test(`where pulumi says ${what} of its states' place: one clear error`, async (t) => {
      const folder = await temporaryFolder(t)
      await writeFile(join(folder, "Pulumi.yaml"), "name: chat\n")
      const { path } = await pulumiWith(t, () => answer)
      const { exitCode, stdout, stderr } = await recover(folder, path)
      assert.equal(exitCode, 1)
      assert.match(stdout, /\(recover\/pulumi-failed\)/)
      assert.doesNotMatch(stdout, /left behind/)
      assert.doesNotMatch(stdout + stderr, /\n\s+at |SyntaxError|ZodError|ERR_INVALID/)
    })
  }

  test("a lock that is empty, cut off or something else is held by nobody knows whom", async (t) => {
    const before = process.env.PATH
    const { states, path } = await pulumiWith(t, (folder) => JSON.stringify({ url: `file://${folder}` }))
    process.env.PATH = path
    t.after(() => {
      process.env.PATH = before
    })
    const folder = join(states, ".pulumi/locks/organization/chat/prod")
    await mkdir(folder, { recursive: true })
    const whole = JSON.stringify({ pid: 4194305, username: "root", hostname: "vps", timestamp: "2026-11-24T02:13:04Z" })
    const odd = ["null", "[]", "{}", "\u0000", whole.replace("4194305", '"many"'), whole.replace("2026-11", "soon")]
    const step = Math.max(1, Math.ceil(whole.length / propertyRuns(10)))
    const every = Array.from({ length: whole.length }, (_, at) => whole.slice(0, at)).filter((_, at) => at % step === 0)
    for (const text of [...every, ...odd]) {
      await writeFile(join(folder, "0123.json"), text)
      const locks = await findLocks({ project: "chat", stack: "prod" })
      assert.equal(locks.length, 1, text)
      const [lock] = locks
      assert.ok(lock)
      assert.equal(stateOfHolder(lock, await listMachineProcesses()), "unknown", text)
      assert.match(describeHolder(lock), /0123\.json, which cannot be read$/)
    }
    await writeFile(join(folder, "0123.json"), whole)
    const [lock] = await findLocks({ project: "chat", stack: "prod" })
    assert.equal(lock?.hostname, "vps")
  })
})
