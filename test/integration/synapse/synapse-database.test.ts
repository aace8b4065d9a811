import assert from "node:assert/strict"
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, suite, test } from "node:test"
import fc from "fast-check"
import { UnusableDocument } from "../../../components/documents/problems.ts"
import { parseAsPythonText } from "../../../components/documents/python-text.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import type { Homeserver } from "../../../components/synapse/homeserver.ts"
import { synapseDatabase } from "../../../components/synapse/synapse-database.ts"
import { type NotingPostgres, startNotingPostgres } from "../../lab/noting-postgres.ts"
import { propertyRuns } from "../../unit/property-runs.ts"
import { Psycopg2 } from "./psycopg2.ts"

const numRuns = propertyRuns(100)
let compared = 0

type Environment = Readonly<Record<string, string>>

const passfile =
  "# ours\n127.0.0.1:1:*:*:wrong port\n*:*:mas:other:not his\n127.0.0.1:*:*:mas:a\\:b\n*:*:*:*:any:body\n"

suite("Synapse's database is the one that psycopg2 opens with the same homeserver.yaml", { concurrency: false }, () => {
  const world: { server?: NotingPostgres; judge?: Psycopg2; folder?: string } = {}
  before(async () => {
    world.server = await startNotingPostgres()
    world.judge = await Psycopg2.start()
    world.folder = await mkdtemp(join(tmpdir(), "synapse-database-"))
    await writeFile(join(world.folder, "passfile"), passfile)
    await chmod(join(world.folder, "passfile"), 0o600)
  })
  after(async () => {
    await world.judge?.[Symbol.asyncDispose]()
    await world.server?.[Symbol.asyncDispose]()
    if (world.folder !== undefined) await rm(world.folder, { recursive: true, force: true })
  })

  test("each argument present, absent, or of another type", async () => {
    const server = here()
    const path = join(folder(), "passfile")
    await fc.assert(
      fc.asyncProperty(argumentsFor(server, path), environments, async (args, environment) => {
        await agrees(yaml(args), environment)
      }),
      { numRuns },
    )
  })

  test("connection strings of both kinds, well and badly written", async () => {
    const dsns = fc.oneof(uris(here()), words(here()))
    await fc.assert(
      fc.asyncProperty(dsns, environments, async (dsn, environment) => {
        await agrees(yaml([["dsn", JSON.stringify(dsn)]]), environment)
      }),
      { numRuns },
    )
  })

  test("scalars that YAML reads as anything but text", async () => {
    for (const scalar of scalars) {
      await agrees(yaml([...usual(here()), ["password", scalar]]), {})
      await agrees(yaml([...usual(here()), ["dbname", scalar]]), {})
    }
  })

  test("most of what was tried came as far as to be compared", () => {
    assert.ok(compared > numRuns, `only ${compared} were`)
  })

  async function agrees(text: string, environment: Environment): Promise<void> {
    here().take()
    const said = await judge().connect(text, environment)
    const asked = here().take()[0]
    const ours = determined(text, environment)
    // What only one of the readers takes, or each in another way, is refused by name before anybody asks for a database.
    if (ours === "unusable") return
    compared += 1
    const about = `${text}\n${JSON.stringify(environment)}\npsycopg2: ${said}\n`
    if (ours instanceof Refusal) {
      const isOwn = asked === undefined || asked.by === "socket"
      const isUncertain = /as whom|another role|not certain|service file|several hosts/.test(ours.what)
      assert.ok(isOwn || isUncertain, `${about}refused though it asked for ${JSON.stringify(asked)}: ${ours.what}`)
      assert.match(ours.where.keyPath ?? "", /^database\b/)
      return
    }
    if (asked === undefined) {
      if (ours.mustEncrypt && /does not support SSL/.test(said)) return
      assert.notDeepEqual(
        ours.address,
        { host: "127.0.0.1", port: here().port },
        `${about}it opens no database with that`,
      )
      return
    }
    const database = asked.database || asked.user
    assert.deepEqual([ours.user, ours.database], [asked.user, database], about)
    // Without one it goes away before it is asked for any.
    assert.equal(ours.password, asked.password ?? "", about)
    assert.deepEqual([asked.by, ours.address], ["tcp", { host: "127.0.0.1", port: here().port }], about)
  }

  function determined(text: string, environment: Environment) {
    try {
      const homeserver = parseAsPythonText(text) as Homeserver
      return synapseDatabase(homeserver, {
        environment,
        passfile: /passfile/i.test(`${text}${Object.keys(environment)}`) ? passfile : undefined,
      })
    } catch (error) {
      if (error instanceof Refusal) return error
      if (error instanceof UnusableDocument) return "unusable"
      throw error
    }
  }

  function here(): NotingPostgres {
    assert.ok(world.server)
    return world.server
  }

  function judge(): Psycopg2 {
    assert.ok(world.judge)
    return world.judge
  }

  function folder(): string {
    assert.ok(world.folder)
    return world.folder
  }
})

type Arguments = readonly (readonly [name: string, scalar: string])[]

function yaml(args: Arguments): string {
  const lines = args.map(([name, scalar]) => `    ${name}: ${scalar}\n`).join("")
  return `database:\n  name: psycopg2\n  args:${lines === "" ? " {}\n" : `\n${lines}`}`
}

function usual({ port }: NotingPostgres): Arguments {
  return [
    ["host", "127.0.0.1"],
    ["port", String(port)],
    ["user", "mas"],
  ]
}

const scalars = [
  ...["12345", "0", "-0", "+5", "0123", "0o17", "0x1F", "0b101", "1_000", "12:30", "-1:0", "12345678901234567890123"],
  ...["1.0", "1.50", "0.1", "-0.0", "1e3", "1.0e+3", "1.0e+16", "1.0e+15", "1.5e-5", "0.0001", "0.00001", "123456.789"],
  ...["1e22", "1.0e+22", ".5", "5.", ".inf", "-.inf", ".nan", "1_0.5", "12:30.5", "9007199254740993", "1.0e+100"],
  ...["true", "yes", "no", "on", "off", "Yes", "FALSE", "y", "n", "~", "null", '""', "''", "'12'", '"12"'],
  ...["2024-01-01", "2024-1-1", "2024-01-01 10:00:00", "2024-01-01T10:00:00Z", "2001-12-14t21:59:43.10-05:00"],
  ...[
    "!!str 12",
    "! 5",
    "!!int 7",
    "[1]",
    "{a: 1}",
    "!!binary aGk=",
    "|\n      two\n      lines",
    "p@ss word",
    "=",
    "<<",
  ],
]

const word = fc.constantFrom("mas", "auth", "a b", "p@ss", "p%q", "100%", "it's", "b\\c", "ü", "x=y", "'q'")
const quoted = word.map((text) => JSON.stringify(text))
const odd = fc.constantFrom(...scalars)
const mostly = (usually: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 6, arbitrary: usually }, { weight: 1, arbitrary: odd })

function argumentsFor({ port, socketDirectory }: NotingPostgres, path: string): fc.Arbitrary<Arguments> {
  const fields: Record<string, fc.Arbitrary<string>> = {
    host: fc.constantFrom("127.0.0.1", "127.0.0.1", "127.0.0.1", socketDirectory, '""', "'127.0.0.1,127.0.0.1'"),
    port: mostly(fc.constantFrom(String(port), `"${port}"`, `" ${port} "`)),
    user: mostly(quoted),
    password: mostly(quoted),
    dbname: mostly(quoted),
    database: quoted,
    hostaddr: fc.constant("127.0.0.1"),
    passfile: fc.constant(path),
    service: fc.constant("synapse"),
    options: fc.constantFrom('"-c role=x"', '"-c statement_timeout=0"'),
    sslmode: fc.constantFrom("prefer", "disable", "bogus"),
    cp_min: fc.constant("5"),
    keepalives_idle: fc.constant("10"),
    unknown: fc.constant("1"),
    dsn: fc.constantFrom(`"host=127.0.0.1 port=${port} user=d dbname=d"`, `postgresql://d:p@127.0.0.1:${port}/d`),
  }
  const often = new Set(["host", "port", "user", "password", "dbname"])
  const each = Object.entries(fields).map(([name, scalar]) => {
    const [there, missing] = often.has(name) ? [6, 1] : [1, 9]
    const pair = scalar.map((text) => [name, text] as const)
    return fc.oneof({ weight: there, arbitrary: pair }, { weight: missing, arbitrary: fc.constant(null) })
  })
  return fc.tuple(...each).map((found) => found.filter((pair) => pair !== null))
}

const environments: fc.Arbitrary<Environment> = fc.oneof(
  fc.constant({}),
  fc.record(
    { PGUSER: word, PGDATABASE: word, PGPASSWORD: fc.constant("from outside"), PGHOST: fc.constant("127.0.0.1") },
    { requiredKeys: [] },
  ),
)

function uris({ port, socketDirectory }: NotingPostgres): fc.Arbitrary<string> {
  const parts = fc.record({
    user: fc.option(word),
    password: fc.option(word),
    place: fc.constantFrom(
      `127.0.0.1:${port}`,
      `127.0.0.1:${port}`,
      `${encodeURIComponent(socketDirectory)}:${port}`,
      "",
      `[127.0.0.1]:${port}`,
    ),
    database: fc.option(word),
    query: fc.array(
      fc.oneof(
        fc.tuple(fc.constantFrom("user", "password", "dbname", "application_name", "foo"), word),
        fc.constantFrom<[string, string]>(
          ["host", "127.0.0.1"],
          ["port", String(port)],
          ["ssl", "true"],
          ["sslmode", "prefer"],
          ["hostaddr", "127.0.0.1"],
        ),
      ),
      { maxLength: 3 },
    ),
    isRaw: fc.boolean(),
  })
  return parts.map(({ user, password, place, database, query, isRaw }) => {
    const write = isRaw ? (part: string) => part : encodeURIComponent
    const who =
      user === null && password === null ? "" : `${write(user ?? "")}${password === null ? "" : `:${write(password)}`}@`
    const words = query.map(([key, value]) => `${key}=${write(value)}`).join("&")
    return `postgresql://${who}${place}${database === null ? "" : `/${write(database)}`}${words && `?${words}`}`
  })
}

function words({ port }: NotingPostgres): fc.Arbitrary<string> {
  const quoting = fc.constantFrom(
    (text: string) => `'${text.replace(/['\\]/g, "\\$&")}'`,
    (text: string) => text.replace(/[\s'\\]/g, "\\$&"),
    (text: string) => text,
    (text: string) => `'${text}`,
  )
  const pair = fc
    .tuple(
      fc.constantFrom("user", "password", "dbname", "options", "bogus"),
      word,
      quoting,
      fc.constantFrom("=", " = ", "= "),
    )
    .map(([key, value, quote, equals]) => `${key}${equals}${quote(value)}`)
  return fc.array(pair, { maxLength: 4 }).map((pairs) => [`host=127.0.0.1 port=${port} user=mas`, ...pairs].join("  "))
}
