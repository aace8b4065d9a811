import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chown, lstat, mkdir, readFile, rename } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { makeFolder } from "../../../components/backup/backups.ts"
import { localHost as host } from "../../../components/host/local-host.ts"
import { checkConfig } from "../../../components/mas/check-config.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { propertyRuns } from "../../unit/property-runs.ts"
import { archiveFound, archiveSmall, archiveWhole } from "./archives.ts"
import { attacker } from "./plant.ts"
import { type Scene, scene, text } from "./scene.ts"

/** Enough for each deed to meet each swap many times in `npm test`. */
const rounds = propertyRuns(40)
const mostSeconds = 60

test("links that are put in and taken away while we work get nobody at root's own", async () => {
  await using given = await scene()
  const file = join(given.folder, "below", "homeserver.yaml")
  await mkdir(join(given.folder, "below"))
  await chown(join(given.folder, "below"), attacker, attacker)
  await rename(given.file, file)
  const swapping = await startSwapping(given)
  const counts = { done: 0, refused: 0 }
  try {
    const end = performance.now() + mostSeconds * 1000
    for (let round = 0; round < rounds && performance.now() < end; round++) {
      for (const work of deedsOn({ ...given, file })) {
        counts[await outcomeOf(work)] += 1
      }
    }
  } finally {
    swapping.child.kill("SIGKILL")
    await swapping.ended
  }
  assert.deepEqual(await given.harm(), [])
  assert.ok(counts.refused > 0, `nothing was met by a swap: ${JSON.stringify(counts)}`)
  assert.ok(counts.done > 0, `nothing was done between two swaps: ${JSON.stringify(counts)}`)
})

async function startSwapping({ folder, prey }: Scene) {
  // As text, since he may not get at where this lies.
  const script = await readFile(join(import.meta.dirname, "programs", "swaps.py"), "utf8")
  const child = spawn("/usr/bin/python3", ["-c", script, folder, prey.file, prey.folder], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: "/",
    uid: attacker,
    gid: attacker,
  })
  const ended = once(child, "exit")
  const [began] = await Promise.race([once(child.stdout, "data"), ended])
  assert.match(String(began), /^ready/)
  return { child, ended }
}

function deedsOn(given: Scene): readonly (() => Promise<void>)[] {
  const { file, folder, mas, stateFolder } = given
  return [
    () => archiveFound(given),
    () => archiveSmall(given),
    () => archiveWhole({ ...given, file: join(folder, "all of it") }),
    () => makeFolder(host, join(folder, "below", "backups")),
    async () => assert.equal(await host.read(file), text),
    () => host.replace(file, { before: text, after: text }),
    () => host.write(`${file}.candidate`, text, { mode: 0o600, like: file }),
    () => host.remove(`${file}.candidate`),
    () => checkConfig(host, { service: mas, config: file }, text),
    async () => {
      await host.write(join(stateFolder, "frozen"), text, { mode: 0o600, like: file })
      assert.equal((await lstat(join(stateFolder, "frozen"))).uid, attacker)
    },
  ]
}

/** Nothing else than a refusal may come of it. */
async function outcomeOf(work: () => Promise<void>): Promise<"done" | "refused"> {
  try {
    await work()
    return "done"
  } catch (error) {
    if (error instanceof Refusal) return "refused"
    throw error
  }
}
