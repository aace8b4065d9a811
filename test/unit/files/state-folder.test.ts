import assert from "node:assert/strict"
import { mkdir, readdir, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { lifecycle } from "../../../components/files/state-folder.provider.ts"
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

async function place(t: TestContext) {
  const folder = join(await temporaryFolder(t), "matrix-auth", "example.org")
  return { folder, state: { host: { kind: "local" }, folder } as const }
}
