import assert from "node:assert/strict"
import { test } from "node:test"
import { openDatabase } from "../../../components/host/database.ts"
import { localHost } from "../../../components/host/local-host.ts"
import { type Clock, findSkew, readClocks, skewLimitSeconds } from "../../../components/migration/clock-kinds.ts"
import { startPostgres } from "../../lab/postgres.ts"

const clock = (name: string, aheadSeconds: number, uncertaintySeconds = 0): Clock => ({
  name,
  aheadSeconds,
  uncertaintySeconds,
})
const said = (host: Clock, others: readonly Clock[]) => findSkew(host, others).flatMap(({ first }) => first)

test("clocks within the limit of the host's are fine, on both sides", () => {
  const host = clock("vps", 100)
  assert.deepEqual(said(host, [clock("a", 100 + skewLimitSeconds), clock("b", 100 - skewLimitSeconds)]), [])
})

test("a clock further off is named, with how far and which way", () => {
  const found = said(clock("vps", 0), [clock("MAS", 95), clock("this machine", -31), clock("Synapse", 0)])
  assert.deepEqual(found, ["MAS is 1 min 35 s ahead", "this machine is 31 s behind"])
})

test("what may just be a slow answer is no clock that is off", () => {
  assert.deepEqual(said(clock("vps", 0), [clock("MAS", 40, 20)]), [])
  assert.deepEqual(said(clock("vps", 0, 5), [clock("MAS", 34)]), [])
})

test("the clocks of this machine, its programs and a real Postgres agree", async (t) => {
  const cluster = await startPostgres()
  t.after(() => cluster.stop())
  const { host, port } = cluster
  await cluster.createDatabase({ name: "clocks", owner: "c" })
  const address = { address: { host, port }, user: "c", password: "c", database: "clocks" }
  await using database = await openDatabase(localHost, address)
  const places = { synapseDatabase: database, masDatabase: database, synapse: undefined, mas: undefined }
  const clocks = await readClocks(localHost, places)
  assert.equal(clocks.others.length, 3)
  for (const { aheadSeconds, name } of [clocks.host, ...clocks.others]) assert.ok(Math.abs(aheadSeconds) < 5, name)
  assert.deepEqual(findSkew(clocks.host, clocks.others), [])
})
