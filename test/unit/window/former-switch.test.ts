import assert from "node:assert/strict"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { suite, test } from "node:test"
import { localHost as host } from "../../../components/host/local-host.ts"
import { settle } from "../../../components/window/settle.ts"
import { isArmed, switchFolder } from "../../../components/window/switch-state.ts"
import { delegated, legacy, placeOf, type World, world } from "./world.ts"

/** As a run of an earlier version left it that was killed: its program as it was written then. */
async function leftByFormer(given: World): Promise<void> {
  const folder = switchFolder(given.stateFolder)
  await mkdir(folder)
  const script = await readFile(join(import.meta.dirname, "fixtures", "former-switch.sh"), "utf8")
  const places = { "@FILE@": given.homeserverYaml, "@KEPT@": given.keptAt, "@TOLD@": join(given.folder, "told") }
  const text = Object.entries(places).reduce((filled, [name, path]) => filled.replaceAll(name, path), script)
  const laid = {
    "run.sh": text,
    "claim.release": "release\n",
    "claim.act": "act\n",
    "claim.switch": "act\n",
    acting: "",
    log: "",
  }
  const rest = { "before.0": legacy, lease: "1\n", watching: "4194305\n", planned: delegated }
  for (const [name, content] of Object.entries({ ...laid, ...rest })) await writeFile(join(folder, name), content)
  await writeFile(`${given.homeserverYaml}.matrix-auth-before`, legacy)
  await writeFile(given.homeserverYaml, delegated)
  await writeFile(given.keptAt, "{}")
}

suite("a switch that an earlier version armed", { concurrency: true }, () => {
  test("is settled: everything is put back", async (t) => {
    const given = await world(t)
    await leftByFormer(given)
    assert.ok(await isArmed(host, given.stateFolder))
    assert.equal((await settle(placeOf(given))).wasPutBack, true)
    assert.equal(await readFile(given.homeserverYaml, "utf8"), legacy)
    assert.equal(await readFile(join(given.folder, "told"), "utf8"), "restart\n")
    assert.equal(await host.readIfPresent(given.keptAt), undefined)
    assert.equal(await host.readIfPresent(`${given.homeserverYaml}.matrix-auth-before`), undefined)
    assert.equal(await host.readIfPresent(join(switchFolder(given.stateFolder), "run.sh")), undefined)
  })

  for (const [claimed, isLegacy] of [
    ["release", false],
    ["act", true],
  ] as const) {
    test(`is settled as it was decided: ${claimed}`, async (t) => {
      const given = await world(t)
      await leftByFormer(given)
      await writeFile(join(switchFolder(given.stateFolder), "claimed"), `${claimed}\n`)
      assert.equal((await settle(placeOf(given))).wasPutBack, isLegacy)
      assert.equal(await readFile(given.homeserverYaml, "utf8"), isLegacy ? legacy : delegated)
    })
  }

  test("goes forward where the server has come to serve as planned, as it would have then", async (t) => {
    const given = await world(t)
    await leftByFormer(given)
    const settled = await settle({ ...placeOf(given), servesWith: async (planned) => planned === delegated })
    assert.equal(settled.wasPutBack, false)
    assert.equal(await readFile(given.homeserverYaml, "utf8"), delegated)
  })
})
