import assert from "node:assert/strict"
import { after, before, beforeEach, suite, test } from "node:test"
import { readClientRow, readStaticClientIds } from "../../../components/mas/client-rows.ts"
import { pruneJust } from "../../../components/mas/prune.ts"
import { uuidOfUlid } from "../../../components/mas/ulid.ts"
import { refusal } from "../../unit/host/scenery.ts"
import { foreignClient, foreignId, type MasBench, openMasBench } from "./bench.ts"

const gone = "0000000000ZAWSKN43P1V1DZDF"
const stray = "0000000000BP31RKRQY8JYF634"
const provider = "01GFWR32NCQ12B8Z0J8CPXRRB6"

suite("a client is taken out of MAS's database, and just that one", { concurrency: false }, () => {
  const world: { bench?: MasBench } = {}
  before(async () => {
    world.bench = await openMasBench()
  })
  after(() => world.bench?.[Symbol.asyncDispose]())
  beforeEach(async () => {
    await here().reset()
    await addClients(foreignId, gone)
  })

  test("where only it would go, prune is run, and the others stay", async () => {
    await prune()
    assert.deepEqual(here().calls, ["config sync --prune"])
    assert.deepEqual(await readStaticClientIds(here().database), [foreignId])
  })

  test("where another static client would go with it, it is refused by name, and nothing is deleted", async () => {
    await addClients(stray)
    const { what } = await refusal(prune(), "mas/prune-too-much")
    assert.match(what, new RegExp(`: ${stray}$`))
    assert.deepEqual(here().calls, [])
    assert.equal((await readStaticClientIds(here().database)).length, 3)
  })

  test("a provider that the file lacks would go too, with people's links: it is refused by name", async () => {
    await addProvider("Dex")
    const { what } = await refusal(prune(), "mas/prune-too-much")
    assert.match(what, /: provider Dex$/)
    assert.deepEqual(here().calls, [])
  })

  test("a provider without a name is named by its id", async () => {
    await addProvider(null)
    assert.match((await refusal(prune(), "mas/prune-too-much")).what, new RegExp(`: provider ${provider}$`))
  })

  test("a provider that the file has stays, so nothing speaks against it; one that is switched off there goes", async () => {
    await addProvider("Dex")
    const section = (enabled: string) => `${foreignClient}
upstream_oauth2:
  providers:
    - {id: ${provider.toLowerCase()}, client_id: a, token_endpoint_auth_method: none, issuer: "https://dex.test"${enabled}}
`
    await here().reset(section(", enabled: false"))
    await addClients(foreignId, gone)
    await addProvider("Dex")
    await refusal(prune(), "mas/prune-too-much")
    await here().reset(section(""))
    await addClients(foreignId, gone)
    await addProvider("Dex")
    await prune()
    assert.deepEqual(await readStaticClientIds(here().database), [foreignId])
  })

  test("a client that registered itself is none of ours: it neither goes nor stops anything", async () => {
    await addClients(stray)
    await here().database.execute("UPDATE oauth2_clients SET is_static = false WHERE oauth2_client_id = $1", [
      uuidOfUlid(stray),
    ])
    await prune()
    const rows = await here().database.rows("SELECT FROM oauth2_clients")
    assert.equal(rows.length, 2)
  })

  test("ids are the same in small letters", async () => {
    await here().reset(foreignClient.replace(foreignId, foreignId.toLowerCase()))
    await addClients(foreignId, gone)
    await prune()
    assert.deepEqual(await readStaticClientIds(here().database), [foreignId])
  })

  test("a row is read in the words of the config, and one that is not static is none", async () => {
    await here().host.exec([...(cli() ?? []), "mas-cli", "--config", here().mas.config, "config", "sync"])
    assert.deepEqual(await readClientRow(here().database, foreignId), {
      client_name: null,
      client_auth_method: "none",
      client_uri: null,
      redirect_uris: ["https://forum.example.org/cb"],
      jwks_uri: null,
      jwks: null,
      grants: ["authorization_code", "client_credentials", "device_code", "refresh_token"],
    })
    await here().database.execute("UPDATE oauth2_clients SET is_static = false")
    assert.equal(await readClientRow(here().database, foreignId), undefined)
    assert.equal(await readClientRow(here().database, stray), undefined)
  })

  function prune(): Promise<void> {
    return pruneJust(here().host, here().mas, [gone])
  }

  function cli() {
    return here().mas.service.commands?.cli
  }

  async function addClients(...ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await here().database.execute(
        `INSERT INTO oauth2_clients (oauth2_client_id, redirect_uris, token_endpoint_auth_method, is_static,
           grant_type_authorization_code, grant_type_refresh_token, grant_type_client_credentials, grant_type_device_code)
         VALUES ($1, '{}', 'none', true, true, true, false, false)`,
        [uuidOfUlid(id)],
      )
    }
  }

  async function addProvider(name: string | null): Promise<void> {
    await here().database.execute(
      `INSERT INTO upstream_oauth_providers
         (upstream_oauth_provider_id, human_name, issuer, scope, client_id, token_endpoint_auth_method, created_at)
       VALUES ($1, $2, 'https://dex.test', 'openid', 'a', 'none', now())`,
      [uuidOfUlid(provider), name],
    )
  }

  function here(): MasBench {
    if (!world.bench) throw new Error("the bench did not open")
    return world.bench
  }
})
