import assert from "node:assert/strict"
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { parse } from "yaml"
import { localHost } from "../../../components/host/local-host.ts"
import { filePaths } from "../../../components/staging/layout.ts"
import { lifecycle, type ScaffoldInputs } from "../../../components/staging/scaffold.provider.ts"

const addresses = {
  serverName: "staging.test",
  homeserverUrl: "http://127.0.0.1:18008",
  authUrl: "http://127.0.0.1:18080/",
  elementUrl: "http://127.0.0.1:18081/",
}
const paths = filePaths(addresses.serverName)
const context = { host: localHost, say: () => {} }

test("every file of the stack is made, for the user who reads it and nobody else", async (t) => {
  const inputs = await inNewFolder(t)
  const { synapseUser } = await lifecycle.converge(inputs, undefined, context)
  const live = await readState(inputs)
  assert.deepEqual(live?.files, inputs.files)
  for (const path of [paths.homeserver, paths.signingKey, paths.bridge, paths.mas, paths.synapseDatabasePassword]) {
    const { mode } = await stat(join(inputs.folder, path))
    assert.equal(mode & 0o007, 0, `${path} is open to others`)
  }
  const { uid, gid } = await stat(join(inputs.folder, paths.homeserver))
  assert.equal(`${uid}:${gid}`, synapseUser)
})

test("a file that is there is never written again, whatever somebody has put in it", async (t) => {
  const inputs = await inNewFolder(t)
  await lifecycle.converge(inputs, undefined, context)
  await writeFile(join(inputs.folder, paths.nginx), "# theirs\n")
  const before = await textsOf(inputs)
  await lifecycle.converge(inputs, undefined, context)
  assert.deepEqual(await textsOf(inputs), before)
})

test("a file that went missing is drift, and is made again for the database that is there", async (t) => {
  const inputs = await inNewFolder(t)
  await lifecycle.converge(inputs, undefined, context)
  await rm(join(inputs.folder, paths.homeserver))
  assert.deepEqual((await readState(inputs))?.files, { ...inputs.files, [paths.homeserver]: "missing" })
  await lifecycle.converge(inputs, undefined, context)
  const password = (await readFile(join(inputs.folder, paths.synapseDatabasePassword), "utf8")).trim()
  const homeserver = parse(await readFile(join(inputs.folder, paths.homeserver), "utf8"), { version: "1.1" })
  assert.equal(homeserver.database.args.password, password)
})

test("two stacks have no secret in common", async (t) => {
  const [one, other] = [await inNewFolder(t), await inNewFolder(t)]
  for (const inputs of [one, other]) await lifecycle.converge(inputs, undefined, context)
  const [words, otherWords] = [await longWordsOf(one), await longWordsOf(other)]
  assert.ok(words.size > 20, `only ${words.size} words looked like secrets`)
  assert.deepEqual(
    [...words].filter((word) => otherWords.has(word)),
    [],
  )
})

test("a folder with somebody's files in it is refused, and stays as it is", async (t) => {
  const inputs = await inNewFolder(t)
  await mkdir(join(inputs.folder, "synapse"), { recursive: true })
  await writeFile(join(inputs.folder, "synapse/homeserver.yaml"), "server_name: prod.example\n")
  await assert.rejects(lifecycle.converge(inputs, undefined, context), { code: "staging/folder-in-use" })
  await lifecycle.remove({ ...inputs, synapseUser: "", masUser: "" }, context)
  assert.equal(await readFile(join(inputs.folder, "synapse/homeserver.yaml"), "utf8"), "server_name: prod.example\n")
})

test("an address that changes after the files were made is refused before anything is touched", async (t) => {
  const inputs = await inNewFolder(t)
  const moved = { ...inputs, addresses: { ...addresses, authUrl: "http://127.0.0.1:1/" } }
  await assert.rejects(async () => lifecycle.check?.(moved, inputs, context), { code: "staging/addresses-fixed" })
  await assert.doesNotReject(async () => lifecycle.check?.(inputs, inputs, context))
})

test("taking the stack away leaves nothing of it, and everything of others", async (t) => {
  const inputs = await inNewFolder(t)
  await lifecycle.converge(inputs, undefined, context)
  await writeFile(join(inputs.folder, "notes.txt"), "mine\n")
  await lifecycle.remove({ ...inputs, synapseUser: "", masUser: "" }, context)
  assert.deepEqual(await readdir(inputs.folder), ["notes.txt"])
  assert.equal(await readState(inputs), undefined)
  await rm(join(inputs.folder, "notes.txt"))

  await lifecycle.converge(inputs, undefined, context)
  await lifecycle.remove({ ...inputs, synapseUser: "", masUser: "" }, context)
  await assert.rejects(stat(inputs.folder), { code: "ENOENT" })
})

async function inNewFolder(t: TestContext): Promise<ScaffoldInputs> {
  const parent = await mkdtemp(join(tmpdir(), "scaffold-test-"))
  t.after(() => rm(parent, { recursive: true, force: true }))
  const inputs: ScaffoldInputs = { host: { kind: "local" }, folder: join(parent, "stack"), addresses }
  const checked = await lifecycle.check?.(inputs, undefined, context)
  return checked?.inputs ?? inputs
}

function readState(inputs: ScaffoldInputs) {
  return lifecycle.read({ ...inputs, synapseUser: "", masUser: "" }, context)
}

async function textsOf({ folder, files = {} }: ScaffoldInputs): Promise<string[]> {
  return Promise.all(Object.keys(files).map((path) => readFile(join(folder, path), "utf8")))
}

/** What could be a secret: long runs of letters and digits, both kinds in them. */
async function longWordsOf(inputs: ScaffoldInputs): Promise<Set<string>> {
  const words = (await textsOf(inputs)).join("\n").match(/[A-Za-z0-9+/]{28,}/g) ?? []
  return new Set(words.filter((word) => /\d/.test(word) && /[A-Za-z]{2}/.test(word) && !word.includes("//")))
}
