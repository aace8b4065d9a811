import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { createServer } from "node:http"
import { suite, type TestContext, test } from "node:test"
import { localHost as host } from "../../../components/host/local-host.ts"
import { lifecycle, type RecoveryInputs } from "../../../components/synapse/recovery.provider.ts"
import { isThere } from "../../../components/window/switch-state.ts"
import { leaveBehind, legacy, type World, world } from "./world.ts"

/** A Synapse of commands, whose health is asked at its endpoint. */
async function inputsFor(t: TestContext, given: World): Promise<RecoveryInputs> {
  const server = createServer((_, answer) => void answer.end("OK"))
  await new Promise<void>((ready) => void server.listen(0, "127.0.0.1", ready))
  t.after(() => void server.close())
  const address = server.address()
  assert.ok(address !== null && typeof address === "object")
  const endpoint = `http://127.0.0.1:${address.port}/`
  const synapse = { service: given.synapse, homeserverYaml: given.homeserverYaml, endpoint }
  return { host: { kind: "local" }, stateFolder: given.stateFolder, synapse }
}

suite("what a killed run left open", { concurrency: true }, () => {
  test("is told by preview, which changes nothing, and recovered by the first resource of the next run", async (t) => {
    const given = await world(t)
    const inputs = await inputsFor(t, given)
    const context = { host, say: (line: string) => void given.said.push(line) }
    assert.deepEqual(await lifecycle.check?.(inputs, undefined, context), { inputs, plan: [] })
    await leaveBehind(given)
    const checked = await lifecycle.check?.(inputs, inputs, context)
    assert.match(String(checked?.plan), /first of all.* it stopped at "migrate" of a cutover/)
    assert.ok(await isThere(host, given.stateFolder))
    assert.ok(checked)
    assert.notDeepEqual(checked.inputs, inputs, "the engine has to see a change")
    await lifecycle.converge(checked.inputs, {}, context)
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
    assert.deepEqual(await given.told(), ["restart"])
    const again = await lifecycle.check?.(inputs, checked.inputs, context)
    assert.deepEqual(again, { inputs: checked.inputs, plan: [] }, "a second run changes nothing")
  })
})
