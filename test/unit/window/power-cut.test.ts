import assert from "node:assert/strict"
import { cp, lstat, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises"
import { basename, join, relative } from "node:path"
import { suite, test } from "node:test"
import { type ManagedFile, makeChange, planChange } from "../../../components/files/managed-file.ts"
import type { Host } from "../../../components/host/host.ts"
import { localHost } from "../../../components/host/local-host.ts"
import { stopIn } from "../../../components/recovery/left-window.ts"
import { arm } from "../../../components/window/dead-mans-switch.ts"
import { inOperation } from "../../../components/window/operation.ts"
import { noteStandstill, settle } from "../../../components/window/settle.ts"
import { readStepTimes } from "../../../components/window/step-times.ts"
import { inSwitch, readWatcher } from "../../../components/window/switch-state.ts"
import { inWindow } from "../../../components/window/window.ts"
import { propertyRuns } from "../property-runs.ts"
import { delegated, legacy, opened, placeOf, type World, wayOut, world, writeDelegated } from "./world.ts"

/** Each file is cut at so many places, its first and last bytes among them; at each byte above its length. */
const most = propertyRuns(2)

/** A host that notes every file that we write on it: the list of names is the code's own. */
function noting(names: Set<string>): Host {
  const write: Host["write"] = (path, text, attributes) => {
    names.add(path)
    return localHost.write(path, text, attributes)
  }
  return { ...localHost, write }
}

/** Whatever the run of a window writes: what a kill in it leaves behind, and what stays after one that ended well. */
async function writtenBy(given: World): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  const host = noting(names)
  const place = { ...placeOf(given), host }
  await inOperation("cutover", place, (operation) =>
    inWindow(operation, opened(given), async () => {
      await operation.step("write-homeserver", async () => {
        await writeDelegated(given)
        await noteStandstill(place)
      })
    }),
  )
  // What the switch writes by itself lies there, too.
  await localHost.replace(given.homeserverYaml, { before: delegated, after: legacy })
  await localHost.remove(given.keptAt)
  await leaveOpen(given)
  const folder = join(given.stateFolder, "switch")
  for (const name of await readdir(folder))
    if ((await lstat(join(folder, name))).isFile()) names.add(join(folder, name))
  return names
}

/** A window whose run and whose switch lost their power. */
async function leaveOpen(given: World): Promise<void> {
  await arm(localHost, { ...given, leaseSeconds: 3000 }, wayOut(given))
  const watcher = await readWatcher(localHost, given.stateFolder)
  if (watcher) process.kill(Number(watcher.pid), "SIGKILL")
  await writeFile(inSwitch(given.stateFolder, "planned"), delegated)
  await noteStandstill(placeOf(given))
  await writeDelegated(given)
  const journal = { operation: "cutover", startedAt: "2026-11-24T02:00:00Z", done: [], step: "migrate" }
  await writeFile(join(given.stateFolder, "journal.json"), JSON.stringify(journal))
  await writeFile(join(given.stateFolder, "step-times.json"), JSON.stringify({ migrate: 3 }))
}

function placesToCut(length: number): readonly number[] {
  const all = Array.from({ length }, (_, at) => at)
  const every = Math.max(1, Math.ceil(all.length / most))
  return [...new Set([0, ...all.filter((at) => at % every === Math.floor(every / 2)), length - 1])].filter(
    (at) => at >= 0,
  )
}

/** As a file system leaves it that keeps no order: cut, or not renamed yet, with the temporary file beside it. */
type Harm = { readonly at: number } | "temporary" | "only-temporary"

async function harmsOf(
  folder: string,
  name: string,
): Promise<readonly { readonly name: string; readonly how: Harm }[]> {
  const facts = await lstat(join(folder, name)).catch(() => undefined)
  if (facts === undefined) return []
  const cuts = placesToCut(facts.size).map((at) => ({ at }))
  return [...cuts, "temporary" as const, "only-temporary" as const].map((how) => ({ name, how }))
}

async function harm(path: string, how: Harm): Promise<void> {
  const temporary = join(path, "..", `.${basename(path)}.0123456789ab.new`)
  if (how === "temporary") await cp(path, temporary)
  else if (how === "only-temporary") await localHost.exec(["mv", "--", path, temporary])
  else await truncate(path, how.at)
}

suite("a loss of power while one of our small files is written", { concurrency: 2 }, () => {
  test("leaves nothing that stops recover, settle or up: each file cut at each byte, and with its temporary file beside it", async (t) => {
    const model = await world(t)
    const names = [...(await writtenBy(model))].map((path) => relative(model.stateFolder, path)).sort()
    assert.ok(
      names.includes("journal.json") && names.includes("step-times.json") && names.includes("switch/run.sh"),
      names.join(),
    )
    const original = join(model.folder, "original")
    await cp(model.stateFolder, original, { recursive: true })
    const states = (await Promise.all(names.map((name) => harmsOf(original, name)))).flat()
    for (const { name, how } of states) {
      await rm(model.stateFolder, { recursive: true })
      await cp(original, model.stateFolder, { recursive: true, preserveTimestamps: true })
      await writeFile(model.homeserverYaml, delegated)
      await harm(join(model.stateFolder, name), how)
      await survives(model, `${name}, ${typeof how === "string" ? how : `cut at byte ${how.at}`}`)
    }
    t.diagnostic(`${names.length} files, ${states.length} states`)
  })

  test("leaves what stood at our keys before us readable: cut at each byte, the version before it counts", async (t) => {
    const { folder, stateFolder } = await world(t)
    const file: ManagedFile = {
      path: join(folder, "config.json"),
      dialect: "json",
      keptAt: join(stateFolder, "some.kept.json"),
    }
    await writeFile(file.path, '{"one": 1, "two": 2}\n')
    const write = async (value: number) => {
      const change = await planChange(localHost, file, [{ path: "one", value }])
      await makeChange(localHost, file, change)
    }
    await write(10)
    await write(11)
    const [kept, document] = [await readFile(file.keptAt), await readFile(file.path)]
    for (let at = 0; at < kept.length - 1; at++) {
      await writeFile(file.keptAt, kept.subarray(0, at))
      const { after } = await planChange(localHost, file, [])
      assert.ok(['{"one": 1, "two": 2}\n', '{"one": 11, "two": 2}\n'].includes(after), `cut at ${at}: ${after}`)
    }
    await writeFile(file.keptAt, kept)
    await makeChange(localHost, file, await planChange(localHost, file, []))
    assert.equal(await readFile(file.path, "utf8"), '{"one": 1, "two": 2}\n')
    assert.deepEqual(
      (await readdir(stateFolder)).filter((name) => name.includes("kept")),
      [],
    )
    assert.notEqual(document.length, 0)
  })
})

/** `recover` first, then what every run does first, then a window. */
async function survives(given: World, name: string): Promise<void> {
  const { stateFolder, homeserverYaml } = given
  try {
    await stopIn({ host: localHost, stateFolder, synapse: {} as never, mas: { name: "mas" } })
    await settle(placeOf(given))
    await readStepTimes(localHost, stateFolder)
    assert.equal(await readFile(homeserverYaml, "utf8"), legacy)
    assert.equal(await localHost.readIfPresent(given.keptAt), undefined)
    await inOperation("serve", placeOf(given), async () => {})
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
