import assert from "node:assert/strict"
import { once } from "node:events"
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { hostname } from "node:os"
import { join } from "node:path"
import { suite, type TestContext, test } from "node:test"
import type { Argv } from "../../../components/host/host.ts"
import { localHost as host } from "../../../components/host/local-host.ts"
import { describeHolder, type HolderState, stateOfHolder } from "../../../components/recovery/lock-holder.ts"
import { listMachineProcesses } from "../../../components/recovery/machine-processes.ts"
import { findLocks } from "../../../components/recovery/stack-locks.ts"
import { changed } from "../config/valid-config.ts"
import { refusal, temporaryFolder } from "../host/scenery.ts"
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
    const { folder, locks } = await lockedStack(t)
    // Whole, it is proven dead: no process has such a number.
    await writeFile(join(folder, "0123.json"), JSON.stringify(dead))
    assert.deepEqual(
      (await locks()).map(({ state }) => state),
      ["dead"],
    )
    for (const text of oddLocks()) {
      await writeFile(join(folder, "0123.json"), text)
      const [found, ...others] = await locks()
      assert.equal(others.length, 0, text)
      assert.equal(found?.state, "unknown", text)
      assert.match(found.told, /0123\.json, which cannot be read$/)
    }
  })

  test("a lock that is a folder is held by nobody knows whom, and locks that cannot be listed are not taken for none", async (t) => {
    const { folder, locks } = await lockedStack(t)
    await symlink(folder, join(folder, "0123.json"))
    assert.deepEqual(
      (await locks()).map(({ state }) => state),
      ["unknown"],
    )
    const root = join(folder, "../../../..", "locks")
    await rm(root, { recursive: true })
    assert.deepEqual(await locks(), [], "nobody ever locked anything")
    await writeFile(root, "")
    await refusal(locks(), "recover/pulumi-failed")
  })

  for (const name of ["", " ", "organization/chat/", "/"]) {
    test(`with ${JSON.stringify(name)} for a stack's name: one clear error`, async (t) => {
      const folder = await temporaryFolder(t)
      await writeFile(join(folder, "Pulumi.yaml"), "name: chat\n")
      const { exitCode, stdout, stderr } = await recover(folder, undefined, "--stack", name)
      assert.equal(exitCode, 1)
      assert.equal(stdout, "")
      assert.match(stderr, /^error: .*It names no stack\.\n$/)
    })
  }

  test("a stack of another project is not looked for in this one", async (t) => {
    const folder = await temporaryFolder(t)
    await writeFile(join(folder, "Pulumi.yaml"), "name: chat\n")
    const { exitCode, stdout } = await recover(folder, undefined, "--stack", "organization/other/prod")
    assert.equal(exitCode, 1)
    assert.match(stdout, /is the folder of the project chat, .* \(recover\/no-project\)/)
  })

  for (const [what, wrapper, said] of [
    ["a machine that tells of its processes", [], /^Nothing had been left behind\.\n/],
    [
      "a machine without /proc",
      ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs /proc && exec "$@"', "sh"],
      /^Whether a dead engine left something running is not known: /,
    ],
  ] as const) {
    test(`on ${what} it says of nothing that it was not left behind before it has looked`, async (t) => {
      const { folder, path } = await wholeStack(t)
      const words = ["--chdir", folder, `PATH=${path}`, process.execPath, command, "--stack", "prod"] as const
      const argv: Argv = ["env", ...(wrapper.length === 0 ? words : ["--", ...wrapper, "env", ...words])]
      const { exitCode, stdout, stderr } = await host.exec(argv, { timeoutSeconds: 120 })
      assert.equal(exitCode, 0, stdout + stderr)
      assert.match(stdout, said)
    })
  }
})

/** Of this machine: only its process, which is gone, tells that it is dead. */
const dead = { pid: 4194305, username: "root", hostname: hostname(), timestamp: "2026-11-24T02:13:04.123456789+01:00" }

/** Every beginning of a lock, every field of it gone or of another kind, and what is no lock at all. */
function oddLocks(): readonly string[] {
  const whole = JSON.stringify(dead)
  const step = Math.max(1, Math.ceil(whole.length / propertyRuns(20)))
  const cut = Array.from({ length: whole.length }, (_, at) => whole.slice(0, at)).filter((_, at) => at % step === 0)
  const otherKinds = [null, true, 0, -1, 1.5, "", "soon", [], {}, [4711], { pid: 4711 }]
  const mixed = Object.keys(dead).flatMap((key) => [
    JSON.stringify({ ...dead, [key]: undefined }),
    ...otherKinds
      // A name is any text.
      .filter((value) => !(value === "soon" && /name/.test(key)))
      .map((value) => JSON.stringify({ ...dead, [key]: value })),
  ])
  return [...cut, ...mixed, "null", "[]", "{}", "0", '""', "\u0000", `[${whole}]`, `${whole}${whole}`, `${whole},`]
}

interface FoundLock {
  readonly state: HolderState
  readonly told: string
}

/** The folder of a stack's locks, and what is found there. */
async function lockedStack(t: TestContext) {
  const before = process.env.PATH
  const { states, path } = await pulumiWith(t, (folder) => JSON.stringify({ url: `file://${folder}` }))
  process.env.PATH = path
  t.after(() => {
    process.env.PATH = before
  })
  const folder = join(states, ".pulumi/locks/organization/chat/prod")
  await mkdir(folder, { recursive: true })
  const processes = await listMachineProcesses()
  const locks = async (): Promise<readonly FoundLock[]> => {
    const found = await findLocks({ project: "chat", stack: "prod" })
    return found.map((lock) => ({ state: stateOfHolder(lock, processes), told: describeHolder(lock) }))
  }
  return { folder, locks }
}

/** A stack on which nothing was left behind, whose config names a homeserver that answers. */
async function wholeStack(t: TestContext): Promise<{ folder: string; path: string }> {
  const folder = await temporaryFolder(t)
  const server = createServer((_, response) => response.end('{"flows": []}')).listen(0, "127.0.0.1")
  t.after(() => server.close())
  await once(server, "listening")
  const config = configOf(folder, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const shown = Object.entries(config).map(([key, value]) => [
    `chat:${key}`,
    typeof value === "string" ? { value, secret: false } : { value: "", objectValue: value, secret: false },
  ])
  const answers = {
    whoami: { url: `file://${join(folder, "states")}` },
    config: Object.fromEntries(shown),
    stack: { deployment: {} },
  }
  const cases = Object.entries(answers).map(
    ([word, answer]) => `${word}) cat <<'END'\n${JSON.stringify(answer)}\nEND\n;;`,
  )
  await mkdir(join(folder, "bin"))
  await writeFile(join(folder, "bin/pulumi"), `#!/bin/sh\ncase $1 in\n${cases.join("\n")}\nesac\n`)
  await chmod(join(folder, "bin/pulumi"), 0o755)
  await writeFile(join(folder, "Pulumi.yaml"), "name: chat\n")
  await writeFile(join(folder, "homeserver.yaml"), "server_name: example.org\n")
  return { folder, path: `${join(folder, "bin")}:${process.env.PATH}` }
}

function configOf(folder: string, synapseEndpoint: string) {
  const commands = { cli: ["true"], start: ["true"], stop: ["true"], restart: ["true"], logs: ["true"] }
  return changed({
    synapse: { container: undefined, homeserverYaml: join(folder, "homeserver.yaml"), commands },
    mas: { container: undefined, synapseEndpoint, commands },
    host: { stateFolder: join(folder, "host/state") },
  })
}
