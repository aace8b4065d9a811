import assert from "node:assert/strict"
import { writeFile } from "node:fs/promises"
import { after, before, beforeEach, suite, test } from "node:test"
import { parse } from "yaml"
import { forgetUse, markInUse } from "../../../components/files/in-use.ts"
import { type ClientInputs, lifecycle } from "../../../components/mas/client.provider.ts"
import { readClientRow } from "../../../components/mas/client-rows.ts"
import { uuidOfUlid } from "../../../components/mas/ulid.ts"
import { clientInputs, foreignId, type MasBench, openMasBench } from "./bench.ts"

const clientId = "0000000000ZAWSKN43P1V1DZDF"

suite("a client of MAS is in its config and its database as declared", { concurrency: false }, () => {
  const world: { bench?: MasBench } = {}
  before(async () => {
    world.bench = await openMasBench()
  })
  after(() => world.bench?.[Symbol.asyncDispose]())
  beforeEach(() => here().reset())

  test("a new client is announced as new, and nothing is written by the check", async () => {
    const text = await here().text()
    const checked = await lifecycle.check?.(inputs(), undefined, context())
    assert.deepEqual(checked?.plan, [
      "new to MAS",
      `client_id: (absent) → ${clientId}`,
      "client_auth_method: (absent) → none",
      "client_name: (absent) → Element Web",
      'redirect_uris: (absent) → ["http://127.0.0.1/"]',
      'has no home page: MAS\'s consent page shows "<no client_uri provided>" unless `clientUri` is set in the config',
    ])
    assert.deepEqual(checked?.inputs.entry, {
      client_id: clientId,
      client_auth_method: "none",
      client_name: "Element Web",
      redirect_uris: ["http://127.0.0.1/"],
    })
    assert.equal(await here().text(), text)
    assert.ok(!here().calls.some((call) => call.includes("sync")))
  })

  test("once made, what is live is what was wanted", async () => {
    const wanted = await converged(inputs())
    assert.deepEqual(await lifecycle.read(wanted, context()), wanted)
  })

  test("a client that MAS knows is adopted as it is, with a word on what changes", async () => {
    await sync()
    const adopted = { ...inputs(), clientId: foreignId, client: { ...inputs().client, id: foreignId } }
    const checked = await lifecycle.check?.(adopted, undefined, context())
    assert.deepEqual(checked?.plan, [
      "known to MAS; its entry changes",
      "client_name: (absent) → Element Web",
      'redirect_uris: ["https://forum.example.org/cb"] → ["http://127.0.0.1/"]',
      'has no home page: MAS\'s consent page shows "<no client_uri provided>" unless `clientUri` is set in the config',
    ])
    await lifecycle.converge(adopted, undefined, context())
    const { clients } = parse(await here().text())
    assert.equal(clients.length, 1)
    assert.match(await here().text(), /# The forum, since 2021\.[\s\S]*# keep/)
  })

  test("without an id, a client for a redirect URI that MAS has a client for is told: that client, by its id", async () => {
    const forum = (redirectUris: readonly string[]) => ({ ...inputs(), client: { ...inputs().client, redirectUris } })
    const planOf = async (wanted: ClientInputs, before?: ClientInputs) =>
      (await lifecycle.check?.(wanted, before, context()))?.plan?.join("\n") ?? ""
    const twin = new RegExp(`https://forum\\.example\\.org/cb already: ${foreignId}[\\s\\S]*\`id: ${foreignId}\``)
    assert.match(await planOf(forum(["https://other.example/", "https://FORUM.example.org/cb"])), twin)
    assert.doesNotMatch(await planOf(forum(["https://forum.example.org/cb2"])), /already/)
    const own = { ...forum(["https://forum.example.org/cb"]), clientId: foreignId }
    assert.doesNotMatch(await planOf({ ...own, client: { ...own.client, id: foreignId } }), /already: /)
    const made = await converged(forum(["https://forum.example.org/cb"]))
    assert.doesNotMatch(await planOf(made), /already: /, "it is there: the two are somebody's will")
  })

  test("what is said to go into MAS is what changes there, and a client that is there already is not said to", async () => {
    const said: string[] = []
    const told = { ...context(), say: (line: string) => void said.push(line) }
    await lifecycle.converge(inputs(), undefined, told)
    assert.deepEqual(said, ["client element goes into MAS's config and database"])
    await lifecycle.converge(inputs(), undefined, told)
    assert.equal(said.length, 1)
    await writeFile(here().mas.config, (await here().text()).replace("Element Web", "Elemental Web"))
    await lifecycle.converge(inputs(), undefined, told)
    assert.equal(said.length, 2)
  })

  test("a field that was changed in MAS's database is drift: that is what MAS goes by", async () => {
    const wanted = await converged(inputs())
    await here().database.execute("UPDATE oauth2_clients SET redirect_uris = '{https://evil.example/}'")
    const live = await lifecycle.read(wanted, context())
    assert.deepEqual(live?.registered?.redirect_uris, ["https://evil.example/"])
    assert.deepEqual(live?.entry, wanted.entry)
    assert.deepEqual(
      (await drift(wanted, live)).map(({ where, live: is, wanted: will }) => [where.keyPath, is, will]),
      [[`oauth2_clients[${uuidOfUlid(clientId)}].redirect_uris`, '["https://evil.example/"]', '["http://127.0.0.1/"]']],
    )
    await lifecycle.converge(wanted, live, context())
    assert.deepEqual(await lifecycle.read(wanted, context()), wanted)
  })

  test("a field that was changed in the config is drift", async () => {
    const wanted = await converged(inputs())
    await writeFile(here().mas.config, (await here().text()).replace("Element Web", "Elemental Web"))
    await sync()
    assert.equal((await lifecycle.read(wanted, context()))?.entry?.client_name, "Elemental Web")
  })

  test("it is drift as well while MAS's database does not have it yet", async () => {
    const wanted = await converged(inputs())
    await writeFile(here().mas.config, (await here().text()).replace("Element Web", "Elemental Web"))
    const live = await lifecycle.read(wanted, context())
    assert.equal(live?.entry?.client_name, "Elemental Web")
    assert.deepEqual(live?.registered, wanted.registered)
    await lifecycle.converge(wanted, live, context())
    assert.deepEqual(await lifecycle.read(wanted, context()), wanted)
  })

  test("what means the same is no drift: the case of an id, a slash, an order, quotes, keys that MAS passes over", async () => {
    const client = { ...inputs().client, redirectUris: ["https://element.example/", "http://127.0.0.1/"] }
    const wanted = await converged({ ...inputs(), client })
    const written = (await here().text())
      .replace(clientId, clientId.toLowerCase())
      .replace("Element Web", '"Element Web" # ours')
      .replace(
        /redirect_uris:\s*\n(\s*)- https:\/\/element\.example\/\n\s*- http:\/\/127\.0\.0\.1\/\n/,
        (_, indent) => {
          return `redirect_uris:\n${indent}- http://127.0.0.1\n${indent}- https://element.example\n${indent.slice(2)}x_note: hello\n`
        },
      )
    assert.match(written, /x_note/)
    await writeFile(here().mas.config, written)
    await sync()
    assert.deepEqual(await lifecycle.read(wanted, context()), wanted)
    await lifecycle.converge(wanted, wanted, context())
    assert.equal(await here().text(), written, "an entry that means what is wanted was written again")
  })

  test("an id in lower case is the same client: its entry is mended where it stands, and no second one comes", async () => {
    const wanted = await converged(inputs())
    const written = (await here().text()).replace(clientId, clientId.toLowerCase()).replace("Element Web", "Other")
    await writeFile(here().mas.config, written)
    await lifecycle.converge(wanted, wanted, context())
    assert.equal(await here().text(), written.replace("Other", "Element Web"))
    await markInUse(here().host, wanted.stateFolder)
    await lifecycle.remove(wanted, context())
    assert.ok(!(await here().text()).includes(clientId.toLowerCase()))
  })

  test("a row that somebody deleted is drift, and comes back", async () => {
    const wanted = await converged(inputs())
    await here().database.execute("DELETE FROM oauth2_clients WHERE is_static")
    const live = await lifecycle.read(wanted, context())
    assert.deepEqual(live?.registered, {})
    assert.deepEqual(
      (await drift(wanted, live)).map(({ kind, live: is, wanted: will }) => [kind, is, will]),
      [["row", "(absent)", "(there)"]],
    )
    await lifecycle.converge(wanted, live, context())
    assert.ok(await readClientRow(here().database, clientId))
  })

  test("a client that is gone from config and database is drift, and comes back as it was", async () => {
    const wanted = await converged(inputs())
    await here().reset()
    const live = await lifecycle.read(wanted, context())
    assert.deepEqual([live?.entry, live?.registered], [{}, {}])
    await lifecycle.converge(wanted, live, context())
    assert.deepEqual(await lifecycle.read(wanted, context()), wanted)
  })

  test("a secret goes into the config, is read back as one, and is in no word to people", async () => {
    const wanted = await converged(confidential())
    assert.equal(parse(await here().text()).clients[1].client_secret, "s3cret")
    const live = await lifecycle.read(wanted, context())
    assert.equal(live?.entry?.client_secret, "(as declared)")
    assert.ok(!JSON.stringify(live?.entry).includes("s3cret"))
    const plan = (await lifecycle.check?.(confidential(), undefined, context()))?.plan
    assert.deepEqual(plan, [
      "known to MAS; nothing in its entry changes",
      'has no home page: MAS\'s consent page shows "<no client_uri provided>" unless `clientUri` is set in the config',
    ])
  })

  test("another secret in the config is drift, in a word that tells nothing of it, and is mended", async () => {
    const wanted = await converged(confidential())
    await writeFile(here().mas.config, (await here().text()).replace("s3cret", "0ther"))
    const live = await lifecycle.read(wanted, context())
    assert.equal(live?.entry?.client_secret, "(another one)")
    assert.doesNotMatch(JSON.stringify(await drift(wanted, live)), /0ther|s3cret/)
    await lifecycle.converge(wanted, live, context())
    assert.equal(parse(await here().text()).clients[1].client_secret, "s3cret")
  })

  test("a client that becomes public loses its secret", async () => {
    await converged(confidential())
    await converged(inputs())
    assert.ok(!("client_secret" in parse(await here().text()).clients[1]))
  })

  test("a client that goes is taken out of both, and of nothing else", async () => {
    const before = await here().text()
    const wanted = await converged(inputs())
    await markInUse(here().host, wanted.stateFolder)
    await lifecycle.remove(wanted, context())
    assert.equal(await here().text(), before)
    assert.equal(await readClientRow(here().database, clientId), undefined)
    assert.ok(await readClientRow(here().database, foreignId))
  })

  test("with its whole stack destroyed, a client stays as it is", async () => {
    const wanted = await converged(inputs())
    const before = await here().text()
    await forgetUse(here().host, wanted.stateFolder)
    await lifecycle.remove(wanted, context())
    assert.equal(await here().text(), before)
    assert.ok(await readClientRow(here().database, clientId))
  })

  test("another id is another client", () => {
    assert.deepEqual(lifecycle.identity, ["clientId"])
  })

  function inputs(): ClientInputs {
    return clientInputs(here(), clientId)
  }

  function confidential(): ClientInputs {
    const client = { ...inputs().client, authMethod: "client_secret_basic", credential: { kind: "secret" } } as const
    return { ...inputs(), client, secret: "s3cret" }
  }

  /** Checked and made, as the engine does it; the state that comes of it. */
  async function converged(wanted: ClientInputs): Promise<ClientInputs> {
    const { inputs: checked } = (await lifecycle.check?.(wanted, undefined, context())) ?? assert.fail()
    await lifecycle.converge(checked, undefined, context())
    return checked
  }

  /** What a check tells machines, after a read. */
  async function drift(wanted: ClientInputs, live: ClientInputs | undefined) {
    return (await lifecycle.check?.(wanted, live, context()))?.drift ?? assert.fail("it tells nothing")
  }

  async function sync(): Promise<void> {
    const [program, ...rest] = here().mas.service.commands?.cli ?? assert.fail()
    await here().host.exec([program, ...rest, "mas-cli", "--config", here().mas.config, "config", "sync"])
  }

  function context() {
    return { host: here().host, say: () => {} }
  }

  function here(): MasBench {
    return world.bench ?? assert.fail("the bench did not open")
  }
})
