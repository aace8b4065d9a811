import assert from "node:assert/strict"
import { mkdir, readdir, rename, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { lifecycle } from "../../../components/files/state-folder.provider.ts"
import type { Host } from "../../../components/host/host.ts"
import type { Context } from "../../../components/lifecycle/lifecycle.ts"
import { GatheredRefusals } from "../../../components/report/gathering.ts"
import { refusal, temporaryFolder } from "../host/scenery.ts"
import { host } from "./scenery.ts"

const context = { host, say: () => {} }

test("the folder is made with all above it, for its owner's eyes only, and making it again changes nothing", async (t) => {
  const { state, folder } = await place(t)
  await lifecycle.converge(state, undefined, context)
  assert.equal((await stat(folder)).mode & 0o777, 0o700)
  await writeFile(join(folder, "kept.json"), "{}")
  await lifecycle.converge(state, state, context)
  assert.deepEqual(await readdir(folder), ["kept.json"])
})

test("a folder that others may enter is shut", async (t) => {
  const { state, folder } = await place(t)
  await mkdir(folder, { recursive: true, mode: 0o755 })
  await lifecycle.converge(state, undefined, context)
  assert.equal((await stat(folder)).mode & 0o777, 0o700)
})

test("a folder that was removed by hand is gone, so that it is made again", async (t) => {
  const { state } = await place(t)
  assert.equal(await lifecycle.read(state, context), undefined)
  await lifecycle.converge(state, undefined, context)
  assert.deepEqual(await lifecycle.read(state, context), state)
})

test("what the way back needs is never removed with the folder; the frozen copy is ours to remove", async (t) => {
  const { state, folder } = await place(t)
  await lifecycle.converge(state, undefined, context)
  await writeFile(join(folder, "homeserver.frozen.yaml"), "")
  await writeFile(join(folder, "delegated-auth.kept.json"), "{}")
  await lifecycle.remove(state, context)
  assert.deepEqual(await readdir(folder), ["delegated-auth.kept.json"])
})

test("an empty folder goes", async (t) => {
  const { state } = await place(t)
  await lifecycle.converge(state, undefined, context)
  await lifecycle.remove(state, context)
  assert.equal(await lifecycle.read(state, context), undefined)
  await lifecycle.remove(state, context)
})

test("where the folder cannot be made, the refusal names it and the config that chose it", async (t) => {
  const { state, folder } = await place(t)
  await mkdir(join(folder, ".."))
  await writeFile(folder, "a file is in the way")
  const { where } = await refusal(lifecycle.converge(state, undefined, context), "host/folder-not-made")
  assert.deepEqual(where, { host: host.name, file: folder, keyPath: "host.stateFolder" })
})

const containers = {
  "synapse.container": "synapse",
  "mas.container": "mas",
  "databases.mas.container": "mas-postgres",
  "element.container": "element",
}

test("every container that is not there is named at once, with the key of the config that names it", async (t) => {
  const { state } = await place(t)
  const work = lifecycle.check?.({ ...state, containers, authentication: "delegated" }, undefined, docker("synapse"))
  await assert.rejects(Promise.resolve(work), (error: Error) => {
    assert.ok(error instanceof GatheredRefusals)
    assert.deepEqual(
      error.refusals.map(({ code, where }) => [code, where.keyPath, where.container]),
      [
        ["docker/container-missing", "mas.container", "mas"],
        ["docker/container-missing", "databases.mas.container", "mas-postgres"],
        ["docker/container-missing", "element.container", "element"],
      ],
    )
    return true
  })
})

test("a rollback needs Synapse alone: without MAS it goes on, and with names that are new nothing does", async (t) => {
  const { state } = await place(t)
  const inputs = { ...state, containers, authentication: "legacy" } as const
  const before = { ...inputs, authentication: "delegated" } as const
  assert.ok(await lifecycle.check?.(inputs, before, docker("synapse", "element")))
  await refusal(Promise.resolve(lifecycle.check?.(inputs, before, docker("mas"))), "docker/container-missing")
  const renamed = { ...before, containers: { ...containers, "mas.container": "chat-mas-1" } }
  const others = docker("synapse", "element", "mas-postgres")
  await refusal(Promise.resolve(lifecycle.check?.(inputs, renamed, others)), "docker/container-missing")
})

test("a new folder is refused while what the way back needs lies in the old one, and taken once it was moved", async (t) => {
  const { state, folder } = await place(t)
  const moved = { ...state, folder: `${folder}-moved` }
  await lifecycle.converge(state, undefined, context)
  assert.ok(await lifecycle.check?.(moved, state, context), "nothing is kept yet")
  await writeFile(join(folder, "delegated-auth.kept.json"), "{}")
  const { where, next } = await refusal(
    Promise.resolve(lifecycle.check?.(moved, state, context)),
    "host/state-folder-left",
  )
  assert.deepEqual([where.keyPath, where.file], ["host.stateFolder", moved.folder])
  assert.match(next, new RegExp(`mv ${folder} `))
  await rename(folder, moved.folder)
  assert.ok(await lifecycle.check?.(moved, state, context))
})

/** Docker, with these containers and no other. */
function docker(...there: readonly string[]): Context {
  const exec: Host["exec"] = async (argv) => {
    if (argv[0] !== "docker") return host.exec(argv)
    if (argv[1] === "ps") return { exitCode: 0, stdout: there.join("\n"), stderr: "" }
    const name = argv.at(-1) ?? ""
    if (!there.includes(name)) return { exitCode: 1, stdout: "[]", stderr: `Error: No such container: ${name}` }
    // What it says beside that is not looked at here.
    return { exitCode: 0, stdout: "[]", stderr: "" }
  }
  return { host: { ...host, exec }, say: () => {} }
}

async function place(t: TestContext) {
  const folder = join(await temporaryFolder(t), "matrix-auth", "example.org")
  return { folder, state: { host: { kind: "local" }, folder } as const }
}
