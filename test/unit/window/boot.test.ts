import assert from "node:assert/strict"
import { chmod, mkdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { suite, test } from "node:test"
import { localHost as host } from "../../../components/host/local-host.ts"
import { describeBootStart, findBootStart } from "../../../components/window/boot-start.ts"
import { arm } from "../../../components/window/dead-mans-switch.ts"
import { inOperation } from "../../../components/window/operation.ts"
import { settle } from "../../../components/window/settle.ts"
import { claim, inSwitch, isArmed, switchFolder } from "../../../components/window/switch-state.ts"
import { inWindow } from "../../../components/window/window.ts"
import { type Boots, type Machine, machine } from "./machine.ts"
import { delegated, leaseSeconds, legacy, opened, placeOf, until, wayOut, writeDelegated } from "./world.ts"

/** A window that lost its power after homeserver.yaml was written. */
async function cutOff(given: Machine): Promise<void> {
  await arm(host, { ...given, leaseSeconds: 3000 }, wayOut(given))
  await writeFile(inSwitch(given.stateFolder, "planned"), delegated)
  await writeDelegated(given)
  await given.losePower()
}

// One after the other: the path to `systemctl` is the whole process's.
suite("a machine that restarts in a window, where nothing of Docker starts Synapse", { concurrency: false }, () => {
  const armedBy = {
    systemd: [
      /^units\/matrix-auth-switch-[0-9a-f]{12}\.service$/,
      /^units\/multi-user\.target\.wants\/matrix-auth-switch-/,
    ],
    cron: [/^cron\.d\/matrix-auth-switch-[0-9a-f]{12}$/],
  } as const

  for (const boots of ["systemd", "cron"] as const) {
    test(`has what acts at boot only while the window is open: ${boots}`, async (t) => {
      const given = await machine(t, boots)
      await inOperation("cutover", placeOf(given), (operation) =>
        inWindow(operation, opened(given), async () => {
          const armed = await given.armed()
          assert.equal(armed.length, armedBy[boots].length, armed.join())
          for (const [nth, name] of armedBy[boots].entries()) assert.match(armed[nth] ?? "", name)
          await writeDelegated(given)
        }),
      )
      assert.deepEqual(await given.armed(), [])
      assert.match(given.said.join("\n"), /should the machine restart meanwhile, a (unit of systemd|line of cron) \(/)
    })

    test(`has it no longer when the work failed, nor when the switch has acted by itself: ${boots}`, async (t) => {
      const given = await machine(t, boots)
      const work = inOperation("cutover", placeOf(given), (operation) =>
        inWindow(operation, opened(given), () => Promise.reject(new Error("it does not go"))),
      )
      await assert.rejects(work, /it does not go/)
      assert.deepEqual(await given.armed(), [])
      await arm(host, { ...given, leaseSeconds }, wayOut(given))
      assert.notDeepEqual(await given.armed(), [])
      await until(async () => !(await isArmed(host, given.stateFolder)), 20)
      await until(async () => (await given.armed()).length === 0, 20)
    })

    // What a shell, systemd and cron make something of.
    for (const name of ["state", "a b", "per%cent%h", "do$llar $HOME", "qu\"o'te", "back\\slash"]) {
      test(`serves as before once it has booted, and nothing is left: ${boots}, folder ${name}`, async (t) => {
        const given = await machine(t, boots, name)
        await cutOff(given)
        assert.equal((await given.startUp()).length, 1)
        assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
        assert.deepEqual(await given.told(), ["restart"])
        assert.deepEqual(await given.armed(), [])
        const { wasPutBack } = await settle(placeOf(given))
        assert.equal(wasPutBack, true)
        assert.deepEqual(await given.told(), ["restart"])
      })
    }

    test(`starts a Synapse that the window had only stopped: ${boots}`, async (t) => {
      const given = await machine(t, boots)
      await arm(host, { ...given, leaseSeconds: 3000 }, wayOut(given))
      await given.losePower()
      await given.startUp()
      assert.deepEqual(await given.told(), ["start"])
    })

    test(`leaves a released window alone, whose run was killed before it cleared up: ${boots}`, async (t) => {
      const given = await machine(t, boots)
      await arm(host, { ...given, leaseSeconds: 3000 }, wayOut(given))
      await writeDelegated(given)
      await claim(host, given.stateFolder, "release")
      await given.losePower()
      await given.startUp()
      assert.equal(await readFile(given.homeserverYaml, "utf8"), delegated)
      assert.deepEqual([await given.told(), await given.armed()], [[], []])
    })

    test(`does nothing where it is run without a restart of the machine: ${boots}`, async (t) => {
      const given = await machine(t, boots)
      await inOperation("cutover", { ...placeOf(given), leaseSeconds: 600 }, (operation) =>
        inWindow(operation, opened(given), async () => {
          await writeDelegated(given)
          assert.equal((await given.startUp()).length, 1)
        }),
      )
      assert.equal(await readFile(given.homeserverYaml, "utf8"), delegated)
      assert.deepEqual(await given.told(), [])
    })

    test(`does nothing where the switch is gone, and the next run takes it away: ${boots}`, async (t) => {
      const given = await machine(t, boots)
      await cutOff(given)
      await rm(switchFolder(given.stateFolder), { recursive: true })
      await given.startUp()
      assert.deepEqual(await given.told(), [])
      assert.notDeepEqual(await given.armed(), [])
      await inOperation("serve", placeOf(given), async () => {})
      assert.deepEqual(await given.armed(), [])
    })

    test(`finds the programs that were on the path of the run, which a boot does not have: ${boots}`, async (t) => {
      const given = await machine(t, boots)
      const folder = join(given.folder, "op's tools")
      await mkdir(folder)
      await writeFile(join(folder, "restart-synapse"), `#!/bin/sh\necho restart >>'${given.folder}/restarted'\n`)
      await chmod(join(folder, "restart-synapse"), 0o755)
      const path = process.env.PATH
      process.env.PATH = `${folder}:${path}`
      t.after(() => {
        process.env.PATH = path
      })
      await cutOff({
        ...given,
        synapse: { name: "synapse", commands: { start: ["true"], restart: ["restart-synapse"] } },
      })
      await given.startUp()
      assert.equal(await readFile(join(given.folder, "restarted"), "utf8"), "restart\n")
    })
  }

  test("serves even so where what the run had on its path was cut off by the loss of power, at whatever byte", async (t) => {
    const given = await machine(t, "cron")
    const file = inSwitch(given.stateFolder, "environment")
    await arm(host, { ...given, leaseSeconds: 3000 }, wayOut(given))
    const { size } = await stat(file)
    await rm(switchFolder(given.stateFolder), { recursive: true })
    const places = Array.from({ length: size + 1 }, (_, at) => at).filter(
      (at) => at % Math.ceil(size / 8) === 0 || at > size - 3,
    )
    for (const at of places) {
      await writeFile(given.homeserverYaml, legacy)
      await rm(given.keptAt, { force: true })
      await cutOff(given)
      await truncate(file, Math.min(at, (await stat(file)).size))
      await given.startUp()
      assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy, `cut at ${at}`)
      await settle(placeOf(given))
    }
  })

  test("holds no value in the unit, and nobody but root may write it", async (t) => {
    const given = await machine(t, "systemd")
    process.env.PULUMI_CONFIG_PASSPHRASE = "p4ssphrase"
    await arm(host, { ...given, leaseSeconds: 3000 }, wayOut(given))
    delete process.env.PULUMI_CONFIG_PASSPHRASE
    const [name = ""] = await given.armed()
    const path = join(given.folder, "machine", name)
    assert.equal((await stat(path)).mode & 0o7777, 0o644)
    const all = (await readFile(path, "utf8")) + (await readFile(inSwitch(given.stateFolder, "environment"), "utf8"))
    assert.doesNotMatch(all, /p4ssphrase/)
    assert.doesNotMatch(await readFile(path, "utf8"), /Environment/)
    assert.equal((await stat(inSwitch(given.stateFolder, "environment"))).mode & 0o777, 0o600)
  })

  test("takes out what others have put at the unit's name, and follows it nowhere", async (t) => {
    const given = await machine(t, "systemd")
    const boot = await findBootStart(host, given.synapse, given.stateFolder, given.boot)
    assert.equal(boot.kind, "unit")
    const victim = join(given.folder, "victim")
    await writeFile(victim, "untouched")
    await symlink(victim, (boot as { path: string }).path)
    await arm(host, { ...given, leaseSeconds: 3000 }, wayOut(given))
    assert.equal(await readFile(victim, "utf8"), "untouched")
    assert.equal((await given.armed()).length, 2)
  })

  for (const spoil of [
    "broken systemctl",
    "units that others may write",
    "units that a group may write",
    "nothing",
  ] as const) {
    test(`names the one line to type where it cannot be armed, and goes on: ${spoil}`, async (t) => {
      const given = await machine(t, spoil === "nothing" ? "nothing" : "systemd")
      if (spoil === "broken systemctl") await writeFile(join(given.folder, "machine", "broken"), "")
      if (spoil === "units that others may write") await chmod(given.boot.units, 0o757)
      if (spoil === "units that a group may write") await chmod(given.boot.units, 0o775)
      await inOperation("cutover", placeOf(given), (operation) =>
        inWindow(operation, opened(given), async () => {
          assert.deepEqual(await given.armed(), [])
          await writeDelegated(given)
        }),
      )
      assert.equal(await readFile(given.homeserverYaml, "utf8"), delegated)
      const line = `then type \`sh ${given.stateFolder}/switch/run.sh act\`, as root`
      assert.ok(given.said.some((said) => said.includes("nothing starts Synapse (") && said.includes(line)))
    })
  }
})

/** An engine by what it says of itself, and who starts Synapse at boot then. */
const engines: readonly {
  readonly says: string
  readonly boots: Boots
  readonly isDisabled?: true
  readonly starts: string
}[] = [
  { says: "Docker version 28.2.2, build e6534b4", boots: "nothing", starts: "engine" },
  { says: "Docker version 20.10.24+dfsg1, build 297e128", boots: "systemd", starts: "engine" },
  { says: "Docker version 28.2.2, build e6534b4", boots: "systemd", isDisabled: true, starts: "unit" },
  { says: "podman version 4.3.1", boots: "systemd", starts: "unit" },
  { says: "podman version 4.3.1", boots: "cron", starts: "cron" },
  { says: "nerdctl version 1.7.6", boots: "nothing", starts: "nobody" },
]

for (const { says, boots, isDisabled, starts } of engines) {
  test(`with ${says} and ${boots} at boot${isDisabled ? ", docker.service disabled" : ""}, it is ${starts} that starts Synapse`, async (t) => {
    const given = await machine(t, boots)
    const program = join(given.folder, "engine")
    await writeFile(program, `#!/bin/sh\necho '${says}'\n`)
    await chmod(program, 0o755)
    if (isDisabled) await writeFile(join(given.boot.units, "docker.service"), "[Install]\nWantedBy=multi-user.target\n")
    const found = await findBootStart(host, { name: "synapse", engine: [program] }, given.stateFolder, given.boot)
    assert.equal(found.kind, starts)
    assert.match(describeBootStart(found, given.stateFolder), /^should the machine restart meanwhile, .*Synapse/)
  })
}
