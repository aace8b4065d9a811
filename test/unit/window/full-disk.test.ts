import assert from "node:assert/strict"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { suite, test } from "node:test"
import { localHost as host } from "../../../components/host/local-host.ts"
import { arm } from "../../../components/window/dead-mans-switch.ts"
import { inOperation } from "../../../components/window/operation.ts"
import { isArmed } from "../../../components/window/switch-state.ts"
import { inWindow } from "../../../components/window/window.ts"
import { refusal } from "../host/scenery.ts"
import { leaseSeconds, legacy, opened, placeOf, until, wayOut, world, writeDelegated } from "./world.ts"

suite("a disk that is full in the window", { concurrency: true }, () => {
  test("does not hinder putting back: the copy lies ready beside the file", async (t) => {
    const given = await world(t)
    const small = join(given.folder, "small")
    await using _disk = await smallDisk(small)
    const there = { ...given, homeserverYaml: join(small, "homeserver.yaml") }
    await writeFile(there.homeserverYaml, legacy)
    await arm(host, { ...given, leaseSeconds }, wayOut(there))
    await writeDelegated(there)
    await fill(small)
    await until(async () => (await given.told()).length > 0, 20)
    assert.equal(await readFile(there.homeserverYaml, "utf8"), legacy)
  })

  test("does not hinder the switch from deciding: what it would write lies ready", async (t) => {
    const given = await world(t)
    await using _disk = await smallDisk(given.stateFolder)
    await arm(host, { ...given, leaseSeconds }, wayOut(given))
    await writeDelegated(given)
    await fill(given.stateFolder)
    await until(async () => !(await isArmed(host, given.stateFolder)), 30)
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
    assert.equal((await given.told())[0], "restart")
  })

  test("does not hinder a run from putting back what it began", async (t) => {
    const given = await world(t)
    await using _disk = await smallDisk(given.stateFolder)
    const work = inOperation("cutover", placeOf(given), (operation) =>
      inWindow(operation, opened(given), async () => {
        await writeDelegated(given)
        await fill(given.stateFolder)
        await operation.step("restart-synapse", async () => {})
      }),
    )
    await refusal(work, "host/disk-full")
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
    assert.deepEqual(await given.told(), ["restart"])
  })
})

/** To be taken away before the folder that it is in. */
async function smallDisk(folder: string): Promise<AsyncDisposable> {
  await mkdir(folder, { recursive: true })
  const { exitCode, stderr } = await host.exec(["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", folder])
  assert.equal(exitCode, 0, stderr)
  // A switch that has acted stays there for a little while.
  return { [Symbol.asyncDispose]: async () => void (await host.exec(["umount", "--lazy", folder])) }
}

async function fill(folder: string): Promise<void> {
  await host.exec(["dd", "if=/dev/zero", `of=${join(folder, "filler")}`, "bs=4k"])
}
