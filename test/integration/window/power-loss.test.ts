import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { suite, type TestContext, test } from "node:test"
import { inspectService } from "../../../components/host/inspection.ts"
import { localHost as host } from "../../../components/host/local-host.ts"
import { startWithEngine } from "../../../components/host/restart-policy.ts"
import { act, arm } from "../../../components/window/dead-mans-switch.ts"
import { inOperation } from "../../../components/window/operation.ts"
import { settle } from "../../../components/window/settle.ts"
import { claim } from "../../../components/window/switch-state.ts"
import { inWindow, type OpenedWindow } from "../../../components/window/window.ts"
import { delegated, leaveBehind, legacy, placeOf, type World, world } from "../../unit/window/world.ts"
import { docker, idle, startContainer, tinyImage } from "../host/containers.ts"

const image = await tinyImage()

/** A container in Synapse's place, with a restart policy. */
async function container(t: TestContext, policy: string): Promise<string> {
  return startContainer(t, image, { words: ["--restart", policy], argv: idle })
}

const policyOf = async (name: string) => (await inspectService(host, { name })).restartPolicy

function opened({ homeserverYaml }: World, name: string, policy: string): OpenedWindow {
  return {
    service: { name },
    files: [{ path: homeserverYaml, before: legacy }],
    end: [],
    policies: [{ service: { name }, policy }],
    planned: delegated,
    serves: async () => {},
  }
}

/** As a run that was killed in the window, its switch still waiting. */
async function killed(given: World, name: string): Promise<void> {
  await arm(host, { ...given, leaseSeconds: 3000 }, opened(given, name, "unless-stopped"))
  await startWithEngine(host, { name })
}

suite("a server that loses power in the window", { concurrency: true }, () => {
  test("has Synapse start with the engine as long as the window is open, and by its own policy afterwards", async (t) => {
    const given = await world(t)
    const name = await container(t, "on-failure:5")
    await inOperation("serve", placeOf(given), (operation) =>
      inWindow(operation, opened(given, name, "on-failure:5"), async () => {
        assert.equal(await policyOf(name), "always")
      }),
    )
    assert.equal(await policyOf(name), "on-failure:5")
  })

  test("has its own policies back when the work fails", async (t) => {
    const given = await world(t)
    const name = await container(t, "no")
    const work = inOperation("serve", placeOf(given), (operation) =>
      inWindow(operation, opened(given, name, "no"), async () => {
        await docker("stop", "--time", "1", name)
        throw new Error("it does not go")
      }),
    )
    await assert.rejects(work, /it does not go/)
    assert.equal(await policyOf(name), "no")
    assert.ok((await inspectService(host, { name })).isRunning)
  })

  test("has its own policies back when the switch acts, or the next run in its place", async (t) => {
    const given = await world(t)
    const name = await container(t, "unless-stopped")
    await killed(given, name)
    assert.equal(await policyOf(name), "always")
    await claim(host, given.stateFolder, "act")
    await act(host, given.stateFolder)
    assert.equal(await policyOf(name), "unless-stopped")
  })

  test("has its own policies back when the run was killed just after the switch was released", async (t) => {
    const given = await world(t)
    const name = await container(t, "unless-stopped")
    await killed(given, name)
    await claim(host, given.stateFolder, "release")
    await settle(placeOf(given))
    assert.equal(await policyOf(name), "unless-stopped")
  })

  test("goes forward where it has come to serve as planned, since people may have logged in", async (t) => {
    const given = await world(t)
    await leaveBehind(given)
    const settled = await settle({ ...placeOf(given), servesWith: async (planned) => planned === delegated })
    assert.equal(settled.wasPutBack, false)
    assert.equal(await readFile(given.homeserverYaml, "utf8"), delegated)
    assert.deepEqual(await given.told(), [])
    assert.match(given.said.join("\n"), /goes on from there/)
  })

  test("goes back where it does not serve as planned", async (t) => {
    const given = await world(t)
    await leaveBehind(given)
    const settled = await settle({ ...placeOf(given), servesWith: async () => false })
    assert.equal(settled.wasPutBack, true)
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
  })
})
