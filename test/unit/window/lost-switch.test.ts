import assert from "node:assert/strict"
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { suite, test } from "node:test"
import { localHost as host } from "../../../components/host/local-host.ts"
import { arm, clear } from "../../../components/window/dead-mans-switch.ts"
import { detachSwitch } from "../../../components/window/detach-switch.ts"
import { inOperation, Operation } from "../../../components/window/operation.ts"
import { settle } from "../../../components/window/settle.ts"
import { claim, inSwitch, isAlive, isArmed, readWatcher } from "../../../components/window/switch-state.ts"
import { inWindow } from "../../../components/window/window.ts"
import { refusal, temporaryFolder } from "../host/scenery.ts"
import {
  delegated,
  leaseSeconds,
  legacy,
  opened,
  placeOf,
  until,
  type World,
  wayOut,
  world,
  writeDelegated,
} from "./world.ts"

async function pidOf({ stateFolder }: World): Promise<number> {
  const watcher = await readWatcher(host, stateFolder)
  assert.ok(watcher)
  return Number(watcher.pid)
}

suite("a switch that is gone, or that has nobody to watch over", { concurrency: true }, () => {
  for (const [signal, how] of [
    ["SIGKILL", "killed"],
    ["SIGSTOP", "stopped"],
  ] as const) {
    test(`${how} in the window, it is noticed by the next step, and everything is put back`, async (t) => {
      const given = await world(t)
      const work = inOperation("cutover", { ...placeOf(given), leaseSeconds: 600 }, (operation) =>
        inWindow(operation, opened(given), async () => {
          await operation.step("write-homeserver", () => writeDelegated(given))
          const pid = await pidOf(given)
          process.kill(pid, signal)
          t.after(() => {
            try {
              process.kill(pid, "SIGKILL")
            } catch {}
          })
          await operation.step("restart-synapse", async () => assert.fail("gone on with"))
        }),
      )
      await refusal(work, "window/switch-lost")
      assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
      assert.deepEqual(await given.told(), ["restart"])
    })
  }

  test("killed during a long step, another one takes its place until that ends", async (t) => {
    const given = await world(t)
    const work = inOperation("cutover", placeOf(given), (operation) =>
      inWindow(operation, opened(given), async () => {
        await operation.step("migrate", async () => {
          const pid = await pidOf(given)
          process.kill(pid, "SIGKILL")
          await until(async () => (await isAlive(host, given.stateFolder)) && (await pidOf(given)) !== pid, 20)
        })
        await operation.step("compare", async () => assert.fail("gone on with"))
      }),
    )
    await refusal(work, "window/switch-lost")
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
  })

  test("killed after Synapse was proven to serve, it is not needed any more: from there it only goes forward", async (t) => {
    const given = await world(t)
    await inOperation("cutover", { ...placeOf(given), leaseSeconds: 600 }, (operation) =>
      inWindow(operation, opened(given), async () => {
        await writeDelegated(given)
        process.kill(await pidOf(given), "SIGKILL")
      }),
    )
    assert.equal(await readFile(given.homeserverYaml, "utf8"), delegated)
  })

  test("a step that hangs is given up at its limit, though its process lives and renews the lease", async (t) => {
    const given = await world(t)
    const limits = { ...placeOf(given), leaseSeconds: 600, stepLimit: () => 1 }
    const hanging = Promise.withResolvers<void>()
    const work = inOperation("cutover", limits, (operation) =>
      inWindow(operation, opened(given), async () => {
        await writeDelegated(given)
        await operation.step("restart-synapse", () => hanging.promise)
      }),
    )
    await refusal(work, "window/step-hangs")
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
    hanging.resolve()
  })

  test("the lease is not renewed for what hangs, so that the switch acts even when nobody gives the step up", async (t) => {
    const given = await world(t)
    const over = Promise.withResolvers<void>()
    let asked = 0
    // The first answer is the step's own limit, the later ones are those that renewing goes by.
    const limits = { ...placeOf(given), stepLimit: () => (asked++ === 0 ? 600 : 1) }
    const work = inOperation("cutover", limits, (operation) =>
      inWindow(operation, opened(given), async () => {
        await writeDelegated(given)
        await operation.step("restart-synapse", () => over.promise)
        await operation.step("prove-synapse", async () => assert.fail("gone on with"))
      }),
    )
    work.catch(() => {})
    await until(async () => (await given.told()).length > 0, 30)
    over.resolve()
    await refusal(work, "window/switch-acted")
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
  })

  test("what a hanging step writes after all was put back is put back, too", async (t) => {
    const given = await world(t)
    await arm(host, { ...given, leaseSeconds: 3000 }, wayOut(given))
    await writeFile(inSwitch(given.stateFolder, "planned"), delegated)
    await writeDelegated(given)
    await claim(host, given.stateFolder, "act")
    await host.exec(["sh", inSwitch(given.stateFolder, "run.sh"), "act"])
    await writeDelegated(given)
    await settle(placeOf(given))
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
    assert.deepEqual(await given.told(), ["restart", "restart"])
  })

  test("a number that went on to somebody else is not taken for it", async (t) => {
    const given = await world(t)
    await arm(host, { ...given, leaseSeconds: 3000 }, wayOut(given))
    assert.ok(await isAlive(host, given.stateFolder))
    const watcher = inSwitch(given.stateFolder, "watcher")
    const noted = await readFile(watcher, "utf8")
    await writeFile(
      watcher,
      noted.replace(/ (\d+) /, (_, start) => ` ${Number(start) + 1} `),
    )
    assert.ok(!(await isAlive(host, given.stateFolder)), "another start")
    await writeFile(watcher, noted.replace(/\S+\n$/, "00000000-0000-0000-0000-000000000000\n"))
    assert.ok(!(await isAlive(host, given.stateFolder)), "before the machine was restarted")
    await writeFile(watcher, noted)
    assert.ok(await isAlive(host, given.stateFolder))
    await clear(host, given.stateFolder)
    assert.ok(!(await isAlive(host, given.stateFolder)))
  })

  test("one that is cleared away under its feet ends, and touches nothing", async (t) => {
    const given = await world(t)
    await arm(host, { ...given, leaseSeconds: 3000 }, wayOut(given))
    const pid = await pidOf(given)
    await writeDelegated(given)
    await clear(host, given.stateFolder)
    await until(async () => !(await lives(pid)), 20)
    assert.equal(await readFile(given.homeserverYaml, "utf8"), delegated)
    assert.deepEqual(await given.told(), [])
  })

  test("one that goes on trying ends, too, when it is cleared away under its feet", async (t) => {
    const given = await world(t)
    const cannot = {
      ...wayOut(given),
      service: { name: "synapse", commands: { start: ["false"], restart: ["false"] } },
    } as const
    await arm(host, { ...given, leaseSeconds: 1 }, cannot)
    const pid = await pidOf(given)
    await writeDelegated(given)
    const log = inSwitch(given.stateFolder, "log")
    await until(async () => (await readFile(log, "utf8")).includes("could not start Synapse"), 60)
    await until(async () => (await readFile(given.homeserverYaml, "utf8")) === legacy, 60)
    assert.ok(await isArmed(host, given.stateFolder), "it says that it acted, and Synapse does not run")
    await host.exec(["rm", "-rf", "--", inSwitch(given.stateFolder, "")])
    await until(async () => !(await lives(pid)), 90)
  })

  test("its environment has nothing in it but what it needs", async (t) => {
    const given = await world(t)
    process.env.PULUMI_CONFIG_PASSPHRASE = "not for others"
    t.after(() => delete process.env.PULUMI_CONFIG_PASSPHRASE)
    await arm(host, { ...given, leaseSeconds: 3000 }, wayOut(given))
    const environment = (await readFile(`/proc/${await pidOf(given)}/environ`, "utf8")).split("\0").filter(Boolean)
    const names = environment.map((line) => line.split("=")[0])
    assert.ok(names.includes("PATH"))
    const needed = /^(PATH|HOME|XDG_RUNTIME_DIR|KUBECONFIG|DOCKER_\w+|CONTAINER_HOST|PWD|SHLVL|OLDPWD|_)$/
    assert.deepEqual(
      names.filter((name) => !needed.test(String(name))),
      [],
    )
  })

  test("another switch that has not ended is not armed over", async (t) => {
    const given = await world(t)
    await arm(host, { ...given, leaseSeconds: 3000 }, wayOut(given))
    await writeDelegated(given)
    await refusal(arm(host, { ...given, leaseSeconds }, wayOut(given)), "window/switch-not-armed")
    assert.ok(await isArmed(host, given.stateFolder))
    const alone = new Operation("serve", placeOf(given))
    await refusal(
      inWindow(alone, opened(given), async () => assert.fail("opened")),
      "window/switch-not-armed",
    )
    assert.ok(await isArmed(host, given.stateFolder))
    await settle(placeOf(given))
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
  })

  test("of a release and a switch that acts at the same time, exactly one wins", async (t) => {
    const given = await world(t)
    for (let round = 0; round < 4; round++) {
      await arm(host, { ...given, leaseSeconds: 3000 }, wayOut(given))
      const both = await Promise.all(
        (["release", "act", "release", "act"] as const).map((one) => claim(host, given.stateFolder, one)),
      )
      assert.equal(new Set(both).size, 1)
      await clear(host, given.stateFolder)
    }
  })
})

suite("where the switch runs", { concurrency: true }, () => {
  test("with systemd it is a unit of its own, with nothing but what it needs", async (t) => {
    const folder = await temporaryFolder(t)
    await fakeSystemd(folder, "exit 0")
    const where = await withPath(folder, () =>
      detachSwitch(host, { script: "/state/switch/run.sh", leaseSeconds: 119.2, unit: "matrix-auth-switch-1" }, folder),
    )
    assert.equal(where, "unit")
    const said = await readFile(join(folder, "said"), "utf8")
    assert.match(said, /--unit=matrix-auth-switch-1/)
    assert.match(said, /env -i PATH=\S+ .*sh \/state\/switch\/run\.sh watch 120$/m)
  })

  test("with a systemd that does not take it, or without, it is a session of its own", async (t) => {
    const folder = await temporaryFolder(t)
    await fakeSystemd(folder, "exit 1")
    const script = join(folder, "run.sh")
    await writeFile(
      script,
      `echo "$1 $2" >${join(folder, "watched")}; cut -d ' ' -f 1,6 /proc/$$/stat >${join(folder, "stat")}\n`,
    )
    for (const systemd of [folder, join(folder, "none")]) {
      const where = await withPath(folder, () => detachSwitch(host, { script, leaseSeconds: 7, unit: "u" }, systemd))
      assert.equal(where, "session")
      await until(async () => (await host.readIfPresent(join(folder, "stat")))?.endsWith("\n") === true, 10)
      assert.equal(await readFile(join(folder, "watched"), "utf8"), "watch 7\n")
      const [pid, session] = (await readFile(join(folder, "stat"), "utf8")).trim().split(" ")
      assert.equal(session, pid)
      await host.exec(["rm", "--", join(folder, "stat")])
    }
  })
})

let pathInUse = Promise.resolve()

/** One at a time: it is the environment of all of us. */
async function withPath<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const before = pathInUse
  const { promise, resolve } = Promise.withResolvers<void>()
  pathInUse = promise
  await before
  const path = process.env.PATH
  process.env.PATH = `${join(folder, "bin")}:${path}`
  try {
    return await work()
  } finally {
    process.env.PATH = path
    resolve()
  }
}

async function fakeSystemd(folder: string, end: string): Promise<void> {
  await mkdir(join(folder, "bin"))
  const path = join(folder, "bin", "systemd-run")
  await writeFile(path, `#!/bin/sh\necho "$@" >>${join(folder, "said")}\n${end}\n`)
  await chmod(path, 0o755)
}

async function lives(pid: number): Promise<boolean> {
  return (await readdir("/proc")).includes(String(pid))
}
