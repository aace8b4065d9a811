import assert from "node:assert/strict"
import { readFile, rm } from "node:fs/promises"
import { suite, test } from "node:test"
import { settle } from "../../../components/window/settle.ts"
import { inSwitch } from "../../../components/window/switch-state.ts"
import { delegated, leaveBehind, legacy, placeOf, world } from "./world.ts"

suite("a killed run whose server serves as planned", { concurrency: true }, () => {
  test("goes forward where Synapse is known to have stood still until the file was written", async (t) => {
    const given = await world(t)
    await leaveBehind(given)
    const settled = await settle({ ...placeOf(given), servesWith: async () => true })
    assert.equal(settled.wasPutBack, false)
    assert.equal(await readFile(given.homeserverYaml, "utf8"), delegated)
  })

  test("goes back where that is not known: MAS's copy may lack what people did meanwhile", async (t) => {
    const given = await world(t)
    await leaveBehind(given)
    await rm(inSwitch(given.stateFolder, "stood-still"))
    const settled = await settle({ ...placeOf(given), servesWith: async () => true })
    assert.equal(settled.wasPutBack, true)
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
    assert.match(given.said.join("\n"), /not known whether Synapse stood still/)
  })
})
