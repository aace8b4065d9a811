import assert from "node:assert/strict"
import { after, before, beforeEach, suite, test } from "node:test"
import { masColumns } from "./cli/recorded.ts"
import { twoPeople } from "./cli/synapse-database.ts"
import { openWorkbench, type Workbench } from "./cli/workbench.ts"

const element = "01GFWR28C4KNE04WG3HKXB7C9R"
const panel = "01GFWR32NCQ12B8Z0J8CPXRRB6"
const elementUuid = "0183f981-2184-9d5c-0272-038cfab3b138"

suite("mas-cli reads its configuration and writes clients as the real one does", { concurrency: false }, () => {
  const world = {} as { bench: Workbench }
  before(async () => {
    world.bench = await openWorkbench({ people: twoPeople })
  })
  after(() => world.bench?.[Symbol.asyncDispose]())
  beforeEach(async () => {
    await world.bench.mas("truncate oauth2_clients, upstream_oauth_providers cascade")
    await world.bench.configure()
  })

  test("after database migrate the tables have the columns of MAS 1.22", async () => {
    const rows = await world.bench.mas(
      `select table_name, column_name, case data_type when 'ARRAY' then udt_name else data_type end as type,
         is_nullable = 'YES' as nullable, column_default as "default"
       from information_schema.columns where table_schema = 'public'`,
    )
    const found = new Map(rows.map((row) => [`${row.table_name}.${row.column_name}`, row]))
    for (const { table, column, type, nullable, default: byDefault } of masColumns) {
      const { type: foundType, nullable: foundNullable, default: foundDefault } = found.get(`${table}.${column}`) ?? {}
      const wanted = [`${table}.${column}`, type, nullable, byDefault ?? null]
      assert.deepEqual([`${table}.${column}`, foundType, foundNullable, foundDefault], wanted)
    }
    const [newest] = await world.bench.mas("select max(version)::text as version from _sqlx_migrations")
    assert.match(String(newest?.version), /^20\d{12}$/)
  })

  test("redirects are kept as WHATWG writes them, in their order", async () => {
    const written = ["http://127.0.0.1", "https://a.example:443/cb", "HTTPS://EX.example/a b", "io.element:/x"]
    await sync([{ client_id: element.toLowerCase(), client_auth_method: "none", redirect_uris: written }])
    const [client] = await world.bench.mas("select * from oauth2_clients")
    const wanted = ["http://127.0.0.1/", "https://a.example/cb", "https://ex.example/a%20b", "io.element:/x"]
    assert.deepEqual(client?.redirect_uris, wanted)
    assert.equal(client?.oauth2_client_id, elementUuid)
  })

  test("a static client has all four grants, and neither a type nor a time", async () => {
    await sync([{ client_id: element, client_auth_method: "none", client_name: "Element", client_uri: "https://a.b" }])
    const [client = {}] = await world.bench.mas("select * from oauth2_clients")
    const grants = ["authorization_code", "refresh_token", "client_credentials", "device_code"]
    for (const grant of grants) assert.equal(client[`grant_type_${grant}`], true, grant)
    assert.deepEqual([client.is_static, client.token_endpoint_auth_method], [true, "none"])
    assert.deepEqual([client.client_name, client.client_uri], ["Element", "https://a.b/"])
    const empty = [client.application_type, client.created_at, client.metadata_digest, client.encrypted_client_secret]
    assert.deepEqual(empty, [null, null, null, null])
  })

  test("the encrypted secret is another one after every sync", async () => {
    await world.bench.write("secret", "in a file\n")
    const client = { client_id: panel, client_auth_method: "client_secret_post", client_secret_file: "secret" }
    await sync([client])
    const [first] = await world.bench.mas("select encrypted_client_secret as secret from oauth2_clients")
    await sync([client])
    const [second] = await world.bench.mas("select encrypted_client_secret as secret from oauth2_clients")
    assert.match(String(first?.secret), /^[A-Za-z0-9+/]{40,}=*$/)
    assert.notEqual(first?.secret, second?.secret)
  })

  test("of two clients with one id the later one stays", async () => {
    await sync([
      { client_id: element, client_auth_method: "none", client_name: "first" },
      { client_id: element, client_auth_method: "none", client_name: "second" },
    ])
    assert.deepEqual(await world.bench.mas("select client_name from oauth2_clients"), [{ client_name: "second" }])
  })

  test("pruning takes a client with its sessions and tokens, and no dynamic client", async () => {
    await sync([{ client_id: element, client_auth_method: "none" }])
    await world.bench.mas(sessionOf(elementUuid))
    await world.bench.mas(
      `insert into oauth2_clients (oauth2_client_id, grant_type_authorization_code, grant_type_refresh_token)
       values ('0183f981-0000-0000-0000-000000000001', true, true)`,
    )
    await sync([])
    assert.equal(await count("oauth2_sessions"), 1)
    await sync([], "--prune", "--dry-run")
    assert.equal(await count("oauth2_clients"), 2)
    await sync([], "--prune")
    const left = ["oauth2_clients", "oauth2_sessions", "oauth2_access_tokens", "oauth2_refresh_tokens"].map(count)
    assert.deepEqual(await Promise.all(left), [1, 0, 0, 0])
  })

  test("a provider that the file lacks is disabled, enabled when it returns, and pruned with its links", async () => {
    const providers = {
      providers: [{ id: panel, issuer: "https://dex.test", client_id: "mas", token_endpoint_auth_method: "none" }],
    }
    await world.bench.configure({ upstream_oauth2: providers })
    assert.match(
      (await world.bench.run("config", "sync")).stderr,
      /Adding provider provider\.id=01GFWR32NCQ12B8Z0J8CPXRRB6/,
    )
    await world.bench.configure()
    const disabled = await world.bench.run("config", "sync")
    assert.match(disabled.stderr, /Disabling provider/)
    assert.match(disabled.stderr, /WARN \S+ A provider is soft-deleted in the database\./)
    assert.equal(await count("upstream_oauth_providers where disabled_at is not null"), 1)
    await world.bench.configure({ upstream_oauth2: providers })
    assert.match((await world.bench.run("config", "sync")).stderr, /Enabling and updating provider/)
    await world.bench.configure()
    assert.match((await world.bench.run("config", "sync", "--prune")).stderr, /Deleting provider/)
    assert.equal(await count("upstream_oauth_providers"), 0)
  })

  test("config sync needs no matrix section, config check does", async () => {
    await world.bench.configure({ matrix: undefined })
    assert.equal((await world.bench.run("config", "sync")).exitCode, 0)
    const check = await world.bench.run("config", "check")
    assert.deepEqual([check.exitCode, check.stderr.split("\n")[0]], [1, "Error: missing field `matrix`"])
  })

  test("two files join their lists and the later scalar wins; the environment is below both", async () => {
    await world.bench.write(
      "d.yaml",
      `matrix: { homeserver: other.test }\nclients: [{ client_id: ${panel}, client_auth_method: none }]`,
    )
    const environment = { MAS_CONFIG: "c/config.yaml:d.yaml", MAS_MATRIX_HOMESERVER: "environment.test" }
    const dump = await world.bench.runWith(environment, "config", "dump")
    assert.equal(dump.exitCode, 0, dump.stderr)
    assert.match(dump.stdout, /homeserver: other\.test/)
    assert.deepEqual(
      [...dump.stdout.matchAll(/client_id: (\w+)/g)].map(([, id]) => id),
      [element, panel],
    )
    assert.match(dump.stderr, /Writing configuration to standard output/)
  })

  test("a config file that does not exist is an empty one", async () => {
    const said = await world.bench.run("-c", "nope.yaml", "config", "check")
    assert.deepEqual([said.exitCode, said.stderr.split("\n")[0]], [1, "Error: missing field `secrets`"])
  })

  test("a command line that makes no sense ends with 2", async () => {
    for (const args of [["config"], ["config", "chek"], ["config", "sync", "--purge"], ["manage", "set-password"]]) {
      const { exitCode, stdout } = await world.bench.run(...args)
      assert.deepEqual([args, exitCode, stdout], [args, 2, ""])
    }
  })

  test("the version is told on stdout", async () => {
    const { exitCode, stdout } = await world.bench.run("--version")
    assert.equal(exitCode, 0)
    assert.match(stdout, /^mas-cli \S+\n$/)
  })

  async function sync(clients: readonly object[], ...flags: readonly string[]): Promise<void> {
    await world.bench.configure({ clients })
    const { exitCode, stderr } = await world.bench.run("config", "sync", ...flags)
    assert.equal(exitCode, 0, stderr)
  }

  async function count(rows: string): Promise<number> {
    const [found] = await world.bench.mas(`select count(*)::int as count from ${rows}`)
    return Number(found?.count)
  }
})

function sessionOf(client: string): string {
  const id = "0183f981-0000-0000-0000-0000000000"
  return `
    insert into oauth2_sessions (oauth2_session_id, oauth2_client_id, created_at, scope_list)
      values ('${id}01', '${client}', now(), '{openid}');
    insert into oauth2_access_tokens (oauth2_access_token_id, oauth2_session_id, access_token, created_at)
      values ('${id}02', '${id}01', 'mat_x', now());
    insert into oauth2_refresh_tokens (oauth2_refresh_token_id, oauth2_session_id, oauth2_access_token_id, refresh_token, created_at)
      values ('${id}03', '${id}01', '${id}02', 'mar_x', now())`
}
