import assert from "node:assert/strict"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, suite, test } from "node:test"
import fc from "fast-check"
import { masDatabase } from "../../../components/mas/mas-database.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { startMasCli } from "../../contract/cli/mas-cli.ts"
import { type NotingPostgres, startNotingPostgres } from "../../lab/noting-postgres.ts"
import { propertyRuns } from "../../unit/property-runs.ts"

/** How often the real thing is asked; each takes it a tenth of a second. */
const numRuns = propertyRuns(3)

type Environment = Readonly<Record<string, string>>

/** A `database` section, and what it is read beside. */
interface Deployment {
  readonly section: unknown
  readonly environment: Environment
}

const plain = (uri: string, environment: Environment = {}): Deployment => ({ section: { uri }, environment })

/** Those that were found by hand: each read otherwise once. */
const named: Readonly<Record<string, (port: number, socket: string) => Deployment>> = {
  "a database in the query": (port) => plain(`postgresql://mas:pw@127.0.0.1:${port}/mas?dbname=other`),
  "a user in the query": (port) => plain(`postgresql://mas:pw@127.0.0.1:${port}/mas?user=other&password=po`),
  "a host in the query": (port) => plain(`postgresql://mas:pw@nowhere.invalid:1/mas?host=127.0.0.1&port=${port}`),
  "a percent sign that escapes nothing": (port) => plain(`postgresql://mas:p%q%4@127.0.0.1:${port}/mas`),
  "an escape that is no UTF-8": (port) => plain(`postgresql://mas:%ff@127.0.0.1:${port}/mas`),
  "a slash too many": (port) => plain(`postgresql://mas:pw@127.0.0.1:${port}//a%2Fb`),
  "a plus in the query": (port) => plain(`postgresql://mas:pw@127.0.0.1:${port}/?dbname=a+b`),
  "the later word wins": (port) => plain(`postgresql://mas:pw@127.0.0.1:${port}/?dbname=a&dbname=b`),
  "a socket in the host": (port, socket) => plain(`postgresql://mas@${encodeURIComponent(socket)}:${port}/mas`),
  "a socket in the query": (port, socket) => plain(`postgresql://mas@nowhere.invalid:${port}/mas?host=${socket}`),
  "no database, and one in the environment": (port) =>
    plain(`postgresql://mas:pw@127.0.0.1:${port}`, { PGDATABASE: "other" }),
  "no user": (port) => plain(`postgresql://127.0.0.1:${port}/mas`, { PGPASSWORD: "pw" }),
  "no user, and one in the environment": (port) =>
    plain(`postgresql://127.0.0.1:${port}/mas`, { PGUSER: "other", PGPASSWORD: "po" }),
  "another scheme": (port) => plain(`mysql://mas:pw@127.0.0.1:${port}/mas`),
  "an address that is no URL": () => plain("host=127.0.0.1 user=mas dbname=mas"),
  "several hosts": (port) => plain(`postgresql://mas:pw@nowhere.invalid,127.0.0.1:${port}/mas`),
  "options that change the role": (port) => plain(`postgresql://mas:pw@127.0.0.1:${port}/mas?options=-c%20role%3Dx`),
  "no section, all in the environment": (port) => ({
    section: undefined,
    environment: { PGHOST: "127.0.0.1", PGPORT: String(port), PGUSER: "mas", PGPASSWORD: "pw" },
  }),
  "no section, nothing in the environment": () => ({ section: undefined, environment: {} }),
  "an empty section": (port) => ({
    section: {},
    environment: { PGHOST: "127.0.0.1", PGPORT: String(port), PGUSER: "mas", PGPASSWORD: "pw", PGDATABASE: "auth" },
  }),
  "a section that is none": () => ({ section: null, environment: {} }),
  "MAS's own variables": (port) => ({
    section: {},
    environment: { MAS_DATABASE_URI: `postgresql://mas:pw@127.0.0.1:${port}/auth` },
  }),
}

suite("MAS's database is the one that mas-cli itself opens", { concurrency: false }, () => {
  const world: { server?: NotingPostgres; folder?: string } = {}
  before(async () => {
    world.server = await startNotingPostgres()
    world.folder = await mkdtemp(join(tmpdir(), "mas-database-"))
    await writeFile(join(world.folder, "password"), " in a file\n")
  })
  after(async () => {
    await world.server?.[Symbol.asyncDispose]()
    if (world.folder !== undefined) await rm(world.folder, { recursive: true, force: true })
  })

  test("however its address is written, and whatever its environment adds", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(uris(here().port, here().socketDirectory), parts(here(), folder())), agrees),
      { numRuns, verbose: 1 },
    )
  })

  for (const [name, make] of Object.entries(named)) {
    test(`this one too: ${name}`, async () => agrees(make(here().port, here().socketDirectory)))
  }

  async function agrees({ section, environment }: Deployment): Promise<void> {
    const asked = await opened({ section, environment })
    const ours = determined({ section, environment })
    if (ours instanceof Refusal) {
      // Either it does not start with that, or only its own system knows where that leads, or as whom.
      const isOwn = asked === undefined || asked.by === "socket" || /as whom|another role/.test(ours.what)
      assert.ok(isOwn, `refused though mas-cli asked for ${JSON.stringify(asked)}: ${ours.what}`)
      assert.match(ours.where.keyPath ?? "", /^database\b/)
      return
    }
    if (asked === undefined) {
      // A `#` in a password ends the address: what is left names a host, and nobody is there.
      assert.notDeepEqual(ours.address, { host: "127.0.0.1", port: here().port }, "mas-cli opens no database with that")
      return
    }
    const { user, password = "" } = asked
    // The server takes the name of the user where the database has none.
    const database = asked.database || user
    assert.deepEqual([ours.user, ours.database, ours.password], [user, database, password])
    assert.deepEqual(ours.address, { host: "127.0.0.1", port: here().port })
    assert.equal(asked.by, "tcp")
  }

  /** Whom mas-cli became where; `undefined`: it came to nobody. */
  async function opened({ section, environment }: Deployment) {
    await writeFile(join(folder(), "config.yaml"), JSON.stringify({ database: section }))
    here().take()
    await startMasCli(["--config", join(folder(), "config.yaml"), "database", "migrate"], {
      folder: folder(),
      environment,
    }).said
    const asked = here().take()
    return asked[0]
  }

  function determined({ section, environment }: Deployment) {
    try {
      return masDatabase(section, { environment, passwordFile: " in a file\n" })
    } catch (error) {
      if (error instanceof Refusal) return error
      throw error
    }
  }

  function here(): NotingPostgres {
    assert.ok(world.server)
    return world.server
  }

  function folder(): string {
    assert.ok(world.folder)
    return world.folder
  }
})

const word = fc.constantFrom("mas", "auth", "a b", "p@ss", "p%q", "100%", "a/b", "a+b", "ü", "x:y", "#1")

function uris(port: number, socket: string): fc.Arbitrary<Deployment> {
  const encoded = (part: string) => encodeURIComponent(part)
  const query = fc.oneof(
    fc.record({ key: fc.constantFrom("dbname", "user", "password"), value: word }),
    fc.constantFrom(
      { key: "host", value: "127.0.0.1" },
      { key: "host", value: socket },
      { key: "hostaddr", value: "127.0.0.1" },
      { key: "port", value: String(port) },
      { key: "port", value: "x" },
      { key: "sslmode", value: "prefer" },
      { key: "sslmode", value: "none" },
      { key: "application_name", value: "mas" },
      { key: "target_session_attrs", value: "any" },
    ),
  )
  return fc
    .record({
      user: fc.option(word),
      password: fc.option(word),
      database: fc.option(word),
      isRaw: fc.boolean(),
      slashes: fc.constantFrom("/", "//", ""),
      query: fc.array(query, { maxLength: 3 }),
      environment: environments,
    })
    .map(({ user, password, database, isRaw, slashes, query, environment }) => {
      const write = isRaw ? (part: string) => part : encoded
      const secret = password === null ? "" : `:${write(password)}`
      const who = user === null && password === null ? "" : `${write(user ?? "")}${secret}@`
      const path = database === null ? slashes : `${slashes || "/"}${write(database)}`
      const words = query.map(({ key, value }) => `${key}=${write(value)}`).join("&")
      return plain(`postgresql://${who}127.0.0.1:${port}${path}${words && `?${words}`}`, environment)
    })
}

const environments: fc.Arbitrary<Environment> = fc
  .record({ PGUSER: word, PGDATABASE: word, PGPASSWORD: fc.constant("from outside") }, { requiredKeys: [] })
  .map((variables) => variables)

function parts(server: NotingPostgres, folder: string): fc.Arbitrary<Deployment> {
  const odd = fc.constantFrom<unknown>(null, 5, true, 1.5, [], {}, "")
  const mostly = <T>(usual: fc.Arbitrary<T>) => fc.oneof({ weight: 8, arbitrary: usual }, { weight: 1, arbitrary: odd })
  const port = server.port
  const section = fc.record(
    {
      host: mostly(fc.constantFrom("127.0.0.1", server.socketDirectory)),
      port: mostly(fc.constantFrom<unknown>(port, String(port))),
      socket: fc.constant(server.socketDirectory),
      username: mostly(word),
      password: mostly(word),
      password_file: mostly(fc.constant(join(folder, "password"))),
      database: mostly(word),
      uri: fc.constant(`postgresql://mas:pw@127.0.0.1:${port}/mas`),
    },
    { requiredKeys: ["host", "port"] },
  )
  // Most that have all at once would only be refused for that.
  const thinned = fc.tuple(section, fc.nat(7), fc.nat(7)).map(([found, one, other]) => {
    const { uri, socket, password_file, ...rest } = found
    return {
      ...rest,
      ...(one === 0 && uri !== undefined ? { uri } : {}),
      ...(one === 1 && socket !== undefined ? { socket } : {}),
      ...(other < 2 && password_file !== undefined ? { password_file } : {}),
    }
  })
  return fc.record({ section: thinned, environment: environments })
}
