import assert from "node:assert/strict"
import { test } from "node:test"
import { ensureFreshBackup } from "../../../components/backup/ensure-fresh-backup.ts"
import { localHost as host } from "../../../components/host/local-host.ts"
import { layoutsOf, missingFrom, nameOf } from "./layouts.ts"
import { Server } from "./server.ts"

/** As many as it takes for each value of a layout to come at least once, and for some to meet others again. */
const layouts = layoutsOf(6)

test("the layouts have all that a layout can be", () => {
  assert.deepEqual(missingFrom(layouts), [])
  assert.equal(new Set(layouts.map(nameOf)).size, layouts.length)
})

for (const layout of layouts) {
  test(`restored as its guide says into an empty folder and empty databases, Synapse serves: ${nameOf(layout)}`, async () => {
    await using server = await Server.with(layout)
    const used = await server.use()
    const said: string[] = []
    const backup = await ensureFreshBackup({ host, say: (line) => void said.push(line) }, server.places)
    assert.deepEqual(
      said.filter((line) => line.includes("not in the backup")),
      [],
    )
    await server.lose()
    await server.restore(backup)
    await server.serves(used)
  })
}
