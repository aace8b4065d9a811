import assert from "node:assert/strict"
import { readdir, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { suite, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { localHost as host } from "../../../components/host/local-host.ts"
import { arm } from "../../../components/window/dead-mans-switch.ts"
import { readJournal } from "../../../components/window/journal.ts"
import { inOperation, type Operation } from "../../../components/window/operation.ts"
import { settle } from "../../../components/window/settle.ts"
import { claim, isArmed } from "../../../components/window/switch-state.ts"
import { inWindow } from "../../../components/window/window.ts"
import { refusal } from "../host/scenery.ts"
import {
  delegated,
  leaseSeconds,
  leaveBehind,
  legacy,
  opened,
  placeOf,
  until,
  type World,
  wayOut,
  world,
  writeDelegated,
} from "./world.ts"

suite("a window in which the server may not be serving", { concurrency: true }, () => {
  test("work that is done stays, and nothing of the switch is left", async (t) => {
    const given = await world(t)
    await inOperation("cutover", placeOf(given), (operation) =>
      inWindow(operation, opened(given), () => writeDelegated(given)),
    )
    assert.equal(await readFile(given.homeserverYaml, "utf8"), delegated)
    assert.deepEqual((await readdir(given.folder)).sort(), ["homeserver.yaml", "state"])
    assert.deepEqual((await readdir(given.stateFolder)).sort(), ["journal.json", "kept.json", "step-times.json"])
    assert.deepEqual(await given.told(), [])
    const journal = await readJournal(host, given.stateFolder)
    assert.equal(journal?.ended, "done")
    assert.deepEqual(
      journal?.done.map(({ step }) => step),
      ["arm-switch", "release-switch"],
    )
  })

  test("work that fails is taken back byte for byte, mode and all, and the server serves before the error is told", async (t) => {
    const given = await world(t)
    let servedWith = ""
    const serves = async () => {
      servedWith = await readFile(given.homeserverYaml, "utf8")
    }
    const work = inOperation("cutover", placeOf(given), (operation) =>
      inWindow(operation, opened(given, serves), async () => {
        await writeDelegated(given)
        throw new Error("syn2mas fell over")
      }),
    )
    await assert.rejects(work, /syn2mas fell over/)
    assert.equal(servedWith, legacy)
    assert.equal((await stat(given.homeserverYaml)).mode & 0o777, 0o640)
    assert.deepEqual(await given.told(), ["restart"])
    assert.deepEqual((await readdir(given.stateFolder)).sort(), ["journal.json"])
    assert.equal((await readJournal(host, given.stateFolder))?.ended, "failed")
  })

  test("when nobody gives a sign of life, the switch puts everything back by itself and starts the server", async (t) => {
    const given = await world(t)
    await arm(host, { ...given, leaseSeconds }, wayOut(given))
    await writeDelegated(given)
    assert.ok(await isArmed(host, given.stateFolder))
    await until(async () => (await given.told()).length > 0, 20)
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
    assert.equal(await host.readIfPresent(given.keptAt), undefined)
    await until(async () => !(await isArmed(host, given.stateFolder)), 20)
  })

  test("a file that was not changed is left alone, and the server is started, not restarted", async (t) => {
    const given = await world(t)
    const before = await stat(given.homeserverYaml)
    await arm(host, { ...given, leaseSeconds }, wayOut(given))
    await until(async () => (await given.told()).length > 0, 20)
    assert.equal((await given.told())[0], "start")
    assert.equal((await stat(given.homeserverYaml)).ino, before.ino)
  })

  test("work that takes longer than the lease is not disturbed", async (t) => {
    const given = await world(t)
    await inOperation("cutover", placeOf(given), (operation) =>
      inWindow(operation, opened(given), async () => {
        await pause((leaseSeconds + 2) * 1000)
        await operation.step("write-homeserver", () => writeDelegated(given))
      }),
    )
    assert.equal(await readFile(given.homeserverYaml, "utf8"), delegated)
    assert.deepEqual(await given.told(), [])
  })

  test("a run that wakes up after the switch has acted changes nothing any more", async (t) => {
    const given = await world(t)
    const work = inOperation("cutover", placeOf(given), (operation) =>
      inWindow(operation, opened(given), async () => {
        await takeOverBySwitch(given)
        await operation.step("write-homeserver", () => writeDelegated(given))
      }),
    )
    await refusal(work, "window/switch-acted")
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
  })

  test("the next run settles what a killed one left behind, at once, and says where it had stopped", async (t) => {
    const given = await world(t)
    await leaveBehind(given)
    const seen: string[] = []
    await inOperation("cutover", placeOf(given), async () => {
      seen.push(await readFile(given.homeserverYaml, "utf8"), ...(await given.told()))
    })
    assert.deepEqual(seen, [legacy, "restart"])
    assert.match(given.said.join("\n"), /the last run stopped at "migrate" of a cutover/)
  })

  test("an edit that somebody made in the window is put back over, but kept and told", async (t) => {
    const given = await world(t)
    await leaveBehind(given)
    await writeFile(given.homeserverYaml, `${delegated}# by hand\n`)
    const { found } = await settle(placeOf(given))
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
    assert.equal(found.length, 1)
    assert.equal(await readFile(String(found[0]), "utf8"), `${delegated}# by hand\n`)
    assert.match(given.said.join("\n"), /somebody's edit, is kept/)
  })

  test("a link stays a link: what it points at is put back", async (t) => {
    const given = await world(t)
    const link = join(given.folder, "link.yaml")
    await host.exec(["ln", "-s", "homeserver.yaml", link])
    await arm(host, { ...given, leaseSeconds }, wayOut({ ...given, homeserverYaml: link }))
    await writeDelegated(given)
    await until(async () => (await given.told()).length > 0, 20)
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
    assert.equal((await host.exec(["test", "-h", link])).exitCode, 0)
  })

  test("two runs at once: the second is refused, and nothing of the first is disturbed", async (t) => {
    const given = await world(t)
    const first = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const running = inOperation("cutover", placeOf(given), async () => {
      begun.resolve()
      await first.promise
    })
    await begun.promise
    await refusal(
      inOperation("cutover", placeOf(given), async () => {}),
      "host/lock-busy",
    )
    first.resolve()
    await running
  })

  test("a switch that cannot start is told, and nothing is left of it", async (t) => {
    const given = await world(t)
    await writeFile(given.homeserverYaml, `${legacy}# edited\n`)
    const work = inOperation("cutover", placeOf(given), (operation: Operation) =>
      inWindow(operation, opened(given), () => assert.fail("the window must not open")),
    )
    await refusal(work, "host/file-changed")
    assert.deepEqual((await readdir(given.folder)).sort(), ["homeserver.yaml", "state"])
    assert.deepEqual(await given.told(), [])
  })
})

/** As a switch does whose lease ran out. */
async function takeOverBySwitch({ stateFolder }: World): Promise<void> {
  assert.equal(await claim(host, stateFolder, "act"), "act")
}
