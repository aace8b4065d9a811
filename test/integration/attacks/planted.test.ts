import assert from "node:assert/strict"
import { mkdir, rename, rm, writeFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { after, mock, suite, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { namesBeside, namesOnceBeside } from "../../../components/host/own-names.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { propertyFactor } from "../../unit/property-runs.ts"
import { deeds } from "./deeds.ts"
import { kinds } from "./plant.ts"
import { type Scene, scene } from "./scene.ts"

/** Long for a single file, short for what waits without end. */
const limitSeconds = 30

/** Of the things to plant each name gets every third, others than its neighbour; all of them in the matrix. */
const every = propertyFactor > 1 ? 1 : 3

interface Attack {
  readonly name: string
  readonly planted: string
  readonly refused: boolean
  readonly untouched: boolean
}

/** Where something is planted: at each name of ours, at the file itself, and at the folder that it is in. */
const targets: Readonly<Record<string, (file: string) => string>> = {
  ...besideAt(namesBeside),
  ...besideAt(namesOnceBeside),
  "the file itself": (file) => file,
  "its folder": (file) => dirname(file),
}

/** Asks for each name at the time, as our code does. */
function besideAt(names: Readonly<Record<string, (file: string) => string>>) {
  const nameAt = (name: string) => (file: string) => join(dirname(file), names[name]?.(basename(file)) ?? "")
  return Object.fromEntries(Object.keys(names).map((name) => [name, nameAt(name)]))
}

const attacks: Attack[] = []

suite("what somebody plants in the folder of homeserver.yaml", { concurrency: 4 }, () => {
  // Else nobody could know it beforehand.
  mock.method(namesBeside, "temporary", (file: string) => `.${file}.known.new`)
  mock.method(namesBeside, "twinRoom", (file: string) => `.${file}.known.matrix-auth`)
  after(async () => {
    const out = join(import.meta.dirname, "../../../out")
    await mkdir(out, { recursive: true })
    await writeFile(join(out, "attacks.json"), `${JSON.stringify(attacks, null, 2)}\n`)
  })

  for (const [nth, [name, targetOf]] of Object.entries(targets).entries()) {
    for (const [at, [planted, { plant, named }]] of Object.entries(kinds).entries()) {
      if ((at + nth) % every !== 0) continue
      test(`${planted} at ${name}: root's own stays untouched, and nothing waits for it`, async () => {
        await using given = await scene()
        const there = await sceneIn(given, name)
        const target = targetOf(there.file)
        const refusals = await tryAll(there, deedsAt(name), async () => {
          await rm(target, { recursive: true, force: true })
          await plant(target, there.prey)
        })
        const harm = await there.harm()
        attacks.push({ name, planted, refused: refusals.length > 0, untouched: harm.length === 0 })
        assert.deepEqual(harm, [])
        for (const { message } of refusals) assert.ok(message.includes(dirname(target)), message)
        isRefusedWhereItMust({ name, planted, named }, refusals)
      })
    }
  }
})

/** A link at a name of ours stops nobody, but what stands in the file's own place cannot be got round. */
function isRefusedWhereItMust(
  { name, planted, named }: Pick<Attack, "name" | "planted"> & { readonly named: RegExp },
  refusals: readonly Refusal[],
): void {
  if (name in namesOnceBeside) assert.deepEqual(refusals, [])
  if (name === "its folder") assert.ok(refusals.length > 0)
  if (name === "the file itself") assert.match(refusals[0]?.message ?? "", named)
  if (name !== "candidate") return
  // No rename takes a folder out of its place.
  assert.equal(refusals.length > 0, /^a folder/.test(planted), refusals[0]?.message)
}

/** With a folder of its own below the attacker's, where that is what is planted. */
async function sceneIn(given: Scene, name: string): Promise<Scene> {
  if (name !== "its folder") return given
  const file = join(given.folder, "below", "homeserver.yaml")
  await mkdir(dirname(file))
  await rename(given.file, file)
  return { ...given, file }
}

/** Putting back takes seconds, and goes by no other names. */
function deedsAt(name: string) {
  const isPutBack = ["temporary", "twinRoom", "the file itself", "its folder"].includes(name)
  return Object.entries(deeds).filter(([deed]) => isPutBack || deed !== "put back")
}

/** Plants anew before each deed: one may have taken it out of its way. Returns what was refused; all else is a failure. */
async function tryAll(
  given: Scene,
  tried: readonly (readonly [deed: string, work: (given: Scene) => Promise<void>])[],
  plant: () => Promise<void>,
): Promise<readonly Refusal[]> {
  const refusals: Refusal[] = []
  for (const [deed, work] of tried) {
    await plant()
    const error = await within(limitSeconds, work(given), deed)
    if (error instanceof Refusal) refusals.push(error)
    else if (error !== undefined) throw new Error(`${deed} failed without a refusal`, { cause: error })
  }
  return refusals
}

async function within(seconds: number, work: Promise<void>, deed: string): Promise<unknown> {
  const over = new AbortController()
  const late = pause(seconds * 1000, new Error(`${deed} hangs`), { signal: over.signal })
  try {
    return await Promise.race([work.then(() => undefined), late])
  } catch (error) {
    return error
  } finally {
    over.abort()
    late.catch(() => {})
  }
}
