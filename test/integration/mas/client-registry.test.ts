import assert from "node:assert/strict"
import { readdir } from "node:fs/promises"
import { after, before, beforeEach, suite, test } from "node:test"
import { parse } from "yaml"
import { absent } from "../../../components/documents/json-value.ts"
import { type ClientChange, commitClient } from "../../../components/mas/client-registry.ts"
import { readStaticClientIds } from "../../../components/mas/client-rows.ts"
import { refusal } from "../../unit/host/scenery.ts"
import { foreignClient, foreignId, type MasBench, openMasBench } from "./bench.ts"

const ids = ["0000000000ZAWSKN43P1V1DZDF", "0000000000BP31RKRQY8JYF634", "0000000000FPYW4VDC2KRYQNZ7"] as const
const [first, second, third] = ids

suite("clients of MAS are committed to its config and database", { concurrency: false }, () => {
  const world: { bench?: MasBench } = {}
  before(async () => {
    world.bench = await openMasBench()
  })
  after(() => world.bench?.[Symbol.asyncDispose]())
  beforeEach(() => here().reset())

  test("three that come at once are one edit, one check and one sync", async () => {
    await Promise.all(ids.map((id) => commit(client(id))))
    assert.deepEqual(here().calls, ["config check", "config sync"])
    assert.deepEqual(await inFile(), [foreignId, ...ids])
    assert.deepEqual(await inDatabase(), [foreignId, ...ids].toSorted())
  })

  test("what comes later is a commit of its own", async () => {
    await commit(client(first))
    await commit(client(second))
    assert.deepEqual(here().calls, ["config check", "config sync", "config check", "config sync"])
  })

  test("a bad client among good ones fails alone, with MAS's own words; the others are in", async () => {
    const bad = { clientId: second, entry: { client_auth_method: "none", redirect_uris: ["nonsense"] } }
    const [one, two, three] = await Promise.allSettled([client(first), bad, client(third)].map(commit))
    assert.deepEqual([one?.status, two?.status, three?.status], ["fulfilled", "rejected", "fulfilled"])
    const { what, meaning } = await refusal(Promise.reject((two as PromiseRejectedResult).reason), "mas/cli-failed")
    assert.match(what, /config check ended with exit code 1: relative URL without a base: "nonsense"/)
    assert.equal(meaning, "Nothing was written.")
    assert.deepEqual(await inFile(), [foreignId, first, third])
    assert.deepEqual(await inDatabase(), [foreignId, first, third].toSorted())
  })

  test("a config that MAS refuses is never written, and the text that was tried is gone", async () => {
    const before = await here().text()
    const bad = { clientId: first, entry: { client_auth_method: "none", client_secret: "s3cret", redirect_uris: [] } }
    const { message } = await refusal(commit(bad), "mas/cli-failed")
    assert.doesNotMatch(message, /s3cret|backtrace/i)
    assert.equal(await here().text(), before)
    assert.deepEqual(await readdir(here().folder), ["config.yaml"])
    assert.deepEqual(here().calls, ["config check"])
  })

  test("a client that is in the file already is still brought to the database", async () => {
    await commit(client(first))
    await here().database.execute("TRUNCATE oauth2_clients CASCADE")
    here().calls.splice(0)
    await commit(client(first))
    assert.deepEqual(here().calls, ["config sync"])
    assert.deepEqual(await inDatabase(), [foreignId, first].toSorted())
  })

  test("comments and the entries of others are as they were; so is the whole file when ours go again", async () => {
    const before = await here().text()
    await Promise.all(ids.map((id) => commit(client(id))))
    assert.ok((await here().text()).includes(foreignClient.trimEnd()))
    await Promise.all(ids.map((id) => commit({ clientId: id, entry: absent })))
    assert.equal(await here().text(), before)
  })

  test("a client that goes takes its row with it and no other, by one check, one sync and one prune", async () => {
    await Promise.all(ids.map((id) => commit(client(id))))
    here().calls.splice(0)
    await Promise.all([first, third].map((id) => commit({ clientId: id, entry: absent })))
    assert.deepEqual(here().calls, ["config check", "config sync", "config sync --prune"])
    assert.deepEqual(await inFile(), [foreignId, second])
    assert.deepEqual(await inDatabase(), [foreignId, second].toSorted())
  })

  test("when the last client goes, MAS still takes the file", async () => {
    await here().reset("")
    await commit(client(first))
    await commit({ clientId: first, entry: absent })
    assert.deepEqual(await inDatabase(), [])
    assert.deepEqual(parse(await here().text()).clients ?? [], [])
  })

  test("a client that goes and one that comes at once are one commit", async () => {
    await commit(client(first))
    here().calls.splice(0)
    await Promise.all([commit({ clientId: first, entry: absent }), commit(client(second))])
    assert.deepEqual(here().calls, ["config check", "config sync", "config sync --prune"])
    assert.deepEqual(await inDatabase(), [foreignId, second].toSorted())
  })

  function client(clientId: string): ClientChange {
    const entry = { client_auth_method: "none", client_name: "Ours", redirect_uris: ["http://127.0.0.1/"] }
    return { clientId, entry }
  }

  function commit(change: ClientChange): Promise<void> {
    return commitClient(here().host, here().mas, change)
  }

  async function inFile(): Promise<readonly string[]> {
    const { clients } = parse(await here().text()) as { clients: { client_id: string }[] }
    return clients.map(({ client_id }) => client_id)
  }

  async function inDatabase(): Promise<readonly string[]> {
    return (await readStaticClientIds(here().database)).toSorted()
  }

  function here(): MasBench {
    if (!world.bench) throw new Error("the bench did not open")
    return world.bench
  }
})
