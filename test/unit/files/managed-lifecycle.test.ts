import assert from "node:assert/strict"
import { rename, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { type TestContext, test } from "node:test"
import { absent } from "../../../components/documents/json-value.ts"
import { forgetUse, markInUse } from "../../../components/files/in-use.ts"
import { makeChange } from "../../../components/files/managed-file.ts"
import { type ManagedFileInputs, managedFileLifecycle } from "../../../components/files/managed-lifecycle.ts"
import type { Context } from "../../../components/lifecycle/lifecycle.ts"
import { refusal } from "../host/scenery.ts"
import { host, type TestFile, testFile } from "./scenery.ts"

interface LampInputs extends ManagedFileInputs {
  readonly isOn: boolean
}

/** Wants `lamp.on` while it is on, and has nothing of its own in the file while it is off. */
const lamp = managedFileLifecycle<LampInputs>({
  dialect: "yaml12",
  keys: async ({ isOn }) => (isOn ? [{ path: "lamp.on", value: true }] : []),
})

const text = "# the room\nlamp: {on: false} # saves power\nwindow: shut\n"

test("the check fills in the keys as they are to be, and says what changes, old → new", async (t) => {
  const { file, on, context, said } = await room(t)
  const difference = [
    `--- ${file.path}\n+++ ${file.path}\n@@ -1,3 +1,3 @@\n # the room`,
    "-lamp: {on: false} # saves power\n+lamp: {on: true} # saves power\n window: shut",
  ].join("\n")
  assert.deepEqual(await lamp.check?.(on, undefined, context), {
    inputs: { ...on, managed: { "lamp.on": true } },
    plan: [`${file.path}: lamp.on: false → true`, difference],
    drift: [
      {
        kind: "key",
        where: { host: "this machine", file: file.path, keyPath: "lamp.on" },
        live: "false",
        wanted: "true",
        diff: `${difference}\n`,
      },
    ],
  })
  assert.equal(await file.text(), text)
  assert.deepEqual(said, [])
})

test("of keys that were managed before, the engine tells the change, and the check does not say it twice", async (t) => {
  const { on, context } = await room(t)
  const before = { ...on, managed: { "lamp.on": true } }
  const plan = (await lamp.check?.(on, before, context))?.plan ?? assert.fail("it has no plan")
  assert.deepEqual(
    plan.map((line) => line.split("\n")[0]?.startsWith("--- ")),
    [true],
    "the difference of the file, and nothing else",
  )
})

test("what is live is read in the shape of the inputs: a hand edit is drift, and converging mends it", async (t) => {
  const { file, on, context } = await room(t)
  const state = { ...on, managed: { "lamp.on": true }, ...(await lamp.converge(on, undefined, context)) }
  assert.deepEqual((await lamp.read(state, context))?.managed, { "lamp.on": true })
  await file.edit("on: true", "on: false")
  const drifted = await lamp.read(state, context)
  assert.deepEqual(drifted?.managed, { "lamp.on": false })
  assert.deepEqual((await lamp.check?.(on, drifted, context))?.inputs.managed, { "lamp.on": true })
  await lamp.converge(on, drifted, context)
  assert.deepEqual((await lamp.read(state, context))?.managed, { "lamp.on": true })
})

test("the revision counts writes: it moves with each, a repair too, and with nothing else", async (t) => {
  const { file, on, context } = await room(t)
  const first = await lamp.converge(on, undefined, context)
  const second = await lamp.converge(on, first, context)
  await file.edit("on: true", "on: false")
  const third = await lamp.converge(on, second, context)
  assert.deepEqual([first, second, third], [{ revision: 1 }, { revision: 1 }, { revision: 2 }])
})

test("a file that has it all already is adopted without a write", async (t) => {
  const { file, on, context } = await room(t)
  await file.edit("on: false", "on: true")
  assert.deepEqual(await lamp.converge(on, undefined, context), { revision: 0 })
})

test("switched off, what stood there is back, and the resource goes on without keys", async (t) => {
  const { file, on, context } = await room(t)
  const made = await lamp.converge(on, undefined, context)
  const off = { ...on, isOn: false }
  const checked = await lamp.check?.(off, { ...on, managed: { "lamp.on": true } }, context)
  assert.deepEqual(checked?.inputs.managed, { "lamp.on": false })
  assert.deepEqual(await lamp.converge(off, made, context), { revision: 2 })
  assert.equal(await file.text(), text)
  assert.deepEqual((await lamp.read({ ...off, revision: 2 }, context))?.managed, {})
})

test("a key that is no longer ours is told as it is: taken out by somebody, or changed by somebody", async (t) => {
  for (const [edit, words] of [
    ["", /lamp\.on is no longer ours, and somebody took it out already: it stays out/],
    ["lamp: {on: dimmed} # saves power\n", /lamp\.on is no longer ours, and stays: somebody changed it after us/],
  ] as const) {
    const { file, on, context } = await room(t)
    await lamp.converge(on, undefined, context)
    await file.edit("lamp: {on: true} # saves power\n", edit)
    const { plan = [] } = (await lamp.check?.({ ...on, isOn: false }, on, context)) ?? {}
    assert.match(plan.join("\n"), words)
  }
})

test("a key that we took out, and whose place is gone, is not said to have been taken out by somebody", async (t) => {
  const { file, on, context } = await room(t)
  const dark = managedFileLifecycle<LampInputs>({
    dialect: "yaml12",
    keys: async ({ isOn }) => (isOn ? [{ path: "lamp.on", value: absent }] : []),
  })
  await dark.converge(on, undefined, context)
  await file.edit("lamp: {} # saves power\n", "")
  const { plan = [] } = (await dark.check?.({ ...on, isOn: false }, on, context)) ?? {}
  assert.match(plan.join("\n"), /lamp\.on is no longer ours, and does not come back: what it stood in is gone/)
})

test("a resource that goes gives everything back", async (t) => {
  const { file, on, context } = await room(t)
  const made = await lamp.converge(on, undefined, context)
  await lamp.remove({ ...on, ...made }, context)
  assert.equal(await file.text(), text)
  assert.equal(await file.keptText(), undefined)
})

test("with its whole stack destroyed, the document and what is kept for it stay as they are", async (t) => {
  const { file, on, context } = await room(t)
  const made = await lamp.converge(on, undefined, context)
  const [text, kept] = [await file.text(), await file.keptText()]
  await forgetUse(host, dirname(file.keptAt))
  await lamp.remove({ ...on, ...made }, context)
  assert.deepEqual([await file.text(), await file.keptText()], [text, kept])
})

test("a document that was moved is the same one: at its new place, what stood in it before us comes back", async (t) => {
  const { file, on, context } = await room(t)
  const made = await lamp.converge(on, undefined, context)
  const moved = { ...on, file: `${file.path}.moved` }
  await rename(file.path, moved.file)
  assert.deepEqual(lamp.identity, [])
  const state = { ...moved, ...(await lamp.converge(moved, { ...on, ...made }, context)) }
  assert.deepEqual(state, { ...moved, revision: 1 }, "nothing was written")
  await lamp.converge({ ...moved, isOn: false }, state, context)
  assert.equal(await host.read(moved.file), text)
})

test("where the config named another document before, that one is as it was before us, and so is this one later", async (t) => {
  const { file, on, context } = await room(t)
  const made = await lamp.converge(on, undefined, context)
  const other = { ...on, file: `${file.path}.other` }
  const otherText = "lamp: {on: dimmed}\n"
  await writeFile(other.file, otherText)
  const state = { ...other, ...(await lamp.converge(other, { ...on, ...made }, context)) }
  assert.equal(await file.text(), text)
  assert.equal(await host.read(other.file), "lamp: {on: true}\n")
  await lamp.converge({ ...other, isOn: false }, state, context)
  assert.equal(await host.read(other.file), otherText)
})

test("a document that cannot be used is refused in the check, before anything is done", async (t) => {
  const { file, on, context } = await room(t)
  await file.edit("window: shut", "lamp: twice")
  const { where } = await refusal(Promise.resolve(lamp.check?.(on, undefined, context)), "document/unusable")
  assert.equal(where.file, file.path)
})

test("a kind of its own way to write is used for every change, and for giving back", async (t) => {
  const { file, on, context } = await room(t)
  const ways: string[] = []
  const careful = managedFileLifecycle<LampInputs>({
    dialect: "yaml12",
    keys: async () => [{ path: "lamp.on", value: true }],
    make: async (change) => {
      ways.push("make")
      return makeChange(host, file, change)
    },
    giveBack: async (change) => {
      ways.push("give back")
      return makeChange(host, file, change)
    },
  })
  const made = await careful.converge(on, undefined, context)
  await careful.remove({ ...on, ...made }, context)
  assert.deepEqual(ways, ["make", "give back"])
  assert.equal(await file.text(), text)
})

interface Room {
  readonly file: TestFile
  readonly on: LampInputs
  readonly context: Context
  readonly said: string[]
}

async function room(t: TestContext): Promise<Room> {
  const file = await testFile(t, text, "yaml12")
  await markInUse(host, dirname(file.keptAt))
  const said: string[] = []
  const on = { host: { kind: "local" }, file: file.path, keptAt: file.keptAt, isOn: true } as const
  return { file, on, said, context: { host, say: (line) => void said.push(line) } }
}
