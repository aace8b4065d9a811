import assert from "node:assert/strict"
import { lstat, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { suite, test } from "node:test"
import { localHost as host } from "../../../components/host/local-host.ts"
import { propertyRuns } from "../property-runs.ts"
import { type Arena, lay } from "./arena.ts"
import { type Call, type Fault, type FaultKind, findShells, type Shell } from "./faulty-shell.ts"
import { delegated, legacy } from "./world.ts"

/** Each call of a run is tried below this number of runs; above it, every so many-th, a different start each time. */
const most = propertyRuns(6)

/**
 * Where the copy lies that is renamed: in the switch's folder, or, where no link gets from there to the file, beside it; or it was
 * cut off since, and has to be made anew.
 */
const layouts = ["own", "beside", "cut off"] as const
type Layout = (typeof layouts)[number]

const noLinks: Fault = { kind: "fails", at: 1, lasts: true, program: "ln" }

async function prepared(layout: Layout, shell: Shell): Promise<Arena> {
  const arena = await lay()
  const { exitCode, stderr } = await arena.path.run(
    shell,
    [arena.script, "prepare"],
    layout !== "beside" ? undefined : noLinksOf(await callsOfPrepare(shell)),
  )
  assert.equal(exitCode, 0, stderr)
  if (layout === "cut off") await writeFile(join(arena.switchFolder, "twin.0"), "")
  await writeFile(join(arena.switchFolder, "ready"), "")
  await writeFile(join(arena.switchFolder, "planned"), delegated)
  await writeFile(arena.file, delegated)
  await writeFile(join(arena.switchFolder, "..", "kept.json"), "{}")
  return arena
}

async function callsOfPrepare(shell: Shell): Promise<readonly Call[]> {
  await using arena = await lay()
  const { exitCode, stderr } = await arena.path.run(shell, [arena.script, "prepare"])
  assert.equal(exitCode, 0, stderr)
  return arena.path.calls()
}

function noLinksOf(calls: readonly Call[]): Fault {
  return { ...noLinks, at: calls.find(({ program }) => program === "ln")?.index ?? 1 }
}

async function isLegacy(path: string): Promise<boolean> {
  const facts = await lstat(path).catch(() => undefined)
  return facts?.isFile() === true && (await readFile(path, "utf8")) === legacy
}

/** Wherever it got to: the file is as it was, or its copy is there; and it never says more than is so. */
async function judge(arena: Arena, name: string, fault?: Fault): Promise<void> {
  const { file, switchFolder, folder } = arena
  const inPlace = await isLegacy(file)
  const rooms = (await readdir(folder)).filter((one) => one.startsWith(".matrix-auth")).map((one) => join(folder, one))
  const copies = [switchFolder, ...rooms].flatMap((at) => ["before.0", "like.0", "twin.0"].map((one) => join(at, one)))
  const whole = await Promise.all(copies.map(isLegacy))
  assert.ok(inPlace || whole.includes(true), `${name}: homeserver.yaml is lost`)
  const content = await readFile(file, "utf8").catch(() => "")
  // A rename that leaves half a file is none; even then the copy is there, and nothing starts with the half.
  const isTornRename = fault?.kind === "torn" && fault.program === "mv"
  assert.ok(content === legacy || content === delegated || isTornRename, `${name}: a part of a file lies in its place`)
  const told = await arena.told()
  assert.deepEqual(
    told.filter((line) => line.endsWith(" otherwise")),
    [],
    `${name}: Synapse was started with another file`,
  )
  if ((await host.readIfPresent(join(switchFolder, "acted"))) === undefined) return
  assert.ok(inPlace, `${name}: it says that it acted, and the file is not in its place`)
  assert.equal(
    await host.readIfPresent(join(switchFolder, "..", "kept.json")),
    undefined,
    `${name}: kept.json is still there`,
  )
  assert.notDeepEqual(told, [], `${name}: it says that it acted, and Synapse was not started`)
}

/** Whatever had happened: without the fault the next one brings it to an end, and nothing is left beside the file. */
async function recovers(arena: Arena, shell: Shell, name: string): Promise<void> {
  const { exitCode } = await arena.path.run(shell, [arena.script, "act"])
  assert.equal(exitCode, 0, `${name}: the next one cannot put it back`)
  assert.ok(await isLegacy(arena.file), name)
  assert.match((await arena.told()).join(" "), /restart legacy/, `${name}: Synapse goes on with what it had`)
  await arena.path.run(shell, [arena.script, "forget"])
  assert.deepEqual(await readdir(arena.folder), ["homeserver.yaml"], name)
}

/** One that says that different bytes are equal, or that it has started what it has not, cannot be seen through. */
const unmistaken = ["cmp", "timeout", "cksum", "docker"]

function faultsFor(calls: readonly Call[], kinds: readonly FaultKind[], lasting: readonly boolean[]): readonly Fault[] {
  return calls.flatMap(({ index, program }) =>
    kinds
      .filter((kind) => kind !== "lies" || !unmistaken.includes(program))
      .filter((kind) => kind !== "torn" || ["cp", "mv", "date"].includes(program))
      .flatMap((kind) => lasting.map((lasts) => ({ kind, at: index, lasts, program }))),
  )
}

function sample<T>(all: readonly T[]): readonly T[] {
  const every = Math.max(1, Math.ceil(all.length / most))
  const start = Math.floor(Math.random() * every)
  return all.filter((_, index) => index % every === start)
}

const describeFault = ({ kind, at, lasts, program }: Fault) =>
  `${program} ${kind} at call ${at}${lasts ? " and from then on" : ""}`

for (const shell of await findShells()) {
  suite(`the switch under ${shell.name}, each of its programs failing at each call`, { concurrency: 2 }, () => {
    for (const layout of layouts) {
      test(`puts back, or says that it did not (copy: ${layout})`, async () => {
        const clean = await prepared(layout, shell)
        assert.equal((await clean.path.run(shell, [clean.script, "act"])).exitCode, 0)
        const calls = await clean.path.calls()
        assert.ok(calls.length > 10, "the programs are not called by way of the PATH")
        await judge(clean, "without a fault")
        assert.ok(await isLegacy(clean.file))
        await clean[Symbol.asyncDispose]()
        for (const fault of sample(faultsFor(calls, ["fails", "torn", "half", "lies"], [false, true]))) {
          const name = describeFault(fault)
          await using arena = await prepared(layout, shell)
          const { exitCode } = await arena.path.run(shell, [arena.script, "act"], fault)
          await judge(arena, name, fault)
          const acted = (await host.readIfPresent(join(arena.switchFolder, "acted"))) !== undefined
          assert.equal(exitCode === 0, acted, `${name}: exit code ${exitCode}, and ${acted ? "" : "not "}acted`)
          await recovers(arena, shell, name)
        }
      })
    }

    test("watches, decides and acts, or ends so that the next one can", async () => {
      const clean = await prepared("own", shell)
      await clean.path.run(shell, [clean.script, "watch", "2"])
      const calls = (await clean.path.calls()).slice(0, 60)
      assert.ok(await isLegacy(clean.file))
      await clean[Symbol.asyncDispose]()
      for (const fault of sample(faultsFor(calls, ["fails", "half"], [false]))) {
        await using arena = await prepared("own", shell)
        await arena.path.run(shell, [arena.script, "watch", "2"], fault)
        await judge(arena, describeFault(fault), fault)
        await recovers(arena, shell, describeFault(fault))
      }
    })

    test("is not armed unless it has tried what it needs, and has changed nothing then", async () => {
      const calls = await callsOfPrepare(shell)
      for (const fault of sample(faultsFor(calls, ["fails", "torn", "half", "lies"], [false, true]))) {
        const name = describeFault(fault)
        await using arena = await lay()
        const { exitCode } = await arena.path.run(shell, [arena.script, "prepare"], fault)
        assert.ok(await isLegacy(arena.file), name)
        if (exitCode === 0) {
          await writeFile(join(arena.switchFolder, "ready"), "")
          await writeFile(arena.file, delegated)
          await recovers(arena, shell, name)
        } else {
          await arena.path.run(shell, [arena.script, "forget"])
          assert.deepEqual(await readdir(arena.folder), ["homeserver.yaml"], name)
        }
      }
    })
  })
}
