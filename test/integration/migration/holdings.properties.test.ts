import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { propertyRuns } from "../../unit/property-runs.ts"
import { MigrationDatabases } from "./migration-databases.ts"
import { people, statementsFor } from "./synapse-worlds.ts"

/** Each is a whole migration. */
const numRuns = propertyRuns(8)

test("whoever is in Synapse, in whatever state, a migration leaves no difference between the sets", async (t) => {
  const databases = await MigrationDatabases.open()
  t.after(() => databases[Symbol.asyncDispose]())
  const migrated = fc.asyncProperty(people, async (world) => {
    await databases.bench.empty()
    await databases.synapse.execute(statementsFor(world))
    const { exitCode, stderr } = await databases.bench.syn2mas("migrate")
    if (exitCode !== 0) await finish(databases)
    assert.equal(exitCode, 0, stderr)
    assert.deepEqual(await databases.holdings("mas"), await databases.holdings("synapse"))
  })
  await fc.assert(migrated, { numRuns })
})

/** What ended half-way has renamed MAS's tables; the next run that comes to its end gives them back. */
async function finish({ synapse, bench }: MigrationDatabases): Promise<void> {
  await synapse.execute(statementsFor([]))
  await bench.syn2mas("migrate", "--dry-run")
}
