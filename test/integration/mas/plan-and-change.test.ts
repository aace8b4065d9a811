import assert from "node:assert/strict"
import { writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { after, before, suite, test } from "node:test"
import fc from "fast-check"
import { parse } from "yaml"
import { markInUse } from "../../../components/files/in-use.ts"
import { type ClientInputs, lifecycle } from "../../../components/mas/client.provider.ts"
import { readClientRow, readStaticClientIds, readStaticClients } from "../../../components/mas/client-rows.ts"
import { lifecycle as staticClients } from "../../../components/mas/static-clients.provider.ts"
import { uuidOfUlid } from "../../../components/mas/ulid.ts"
import { propertyRuns } from "../../unit/property-runs.ts"
import { clientInputs, foreignClient, foreignId, type MasBench, openMasBench } from "./bench.ts"

const clientId = "0000000000ZAWSKN43P1V1DZDF"

/** Entries that may be there already: none, ours, others. */
const entries = {
  none: "",
  "as declared": entry("client_name: Element Web", "redirect_uris: [http://127.0.0.1/]"),
  "in other words": entry('client_name: "Element Web"', "redirect_uris: [http://127.0.0.1]"),
  "another name": entry("client_name: Elemental Web", "redirect_uris: [http://127.0.0.1/]"),
  "another address": entry("client_name: Element Web", "redirect_uris: [https://evil.example/]"),
  "without a name": entry("redirect_uris: [http://127.0.0.1/]"),
} as const

/** What MAS's database has: nothing of it, what the entry says, or something else. */
const rows = {
  none: undefined,
  "as the entry": "",
  "another name": "client_name = 'Other'",
  "another address": "redirect_uris = '{https://evil.example/}'",
  "fewer grants": "grant_type_device_code = false",
} as const

function entry(...fields: readonly string[]): string {
  const lines = [`client_id: ${clientId}`, "client_auth_method: none", ...fields]
  return `  - ${lines.join("\n    ")}\n`
}

/** Where a client of ours is, in file and database, as anybody can read it. */
interface Whereabouts {
  readonly entry: Readonly<Record<string, unknown>> | undefined
  readonly row: unknown
}

suite("what is said of clients beforehand is what becomes of them", { concurrency: false }, () => {
  const world: { bench?: MasBench } = {}
  before(async () => {
    world.bench = await openMasBench()
  })
  after(() => world.bench?.[Symbol.asyncDispose]())

  test("of a declared one: new or known, its fields old and new, and where it changes", async () => {
    const state = fc.record({
      entry: fc.constantFrom(...(Object.keys(entries) as (keyof typeof entries)[])),
      row: fc.constantFrom(...(Object.keys(rows) as (keyof typeof rows)[])),
    })
    await fc.assert(
      fc.asyncProperty(state, async (state) => {
        await stand(state)
        const begin = await whereabouts()
        const said: string[] = []
        const context = { host: here().host, say: (line: string) => void said.push(line) }
        const checked = (await lifecycle.check?.(inputs(), undefined, context)) ?? assert.fail()
        await lifecycle.converge(checked.inputs, undefined, context)
        const end = await whereabouts()
        demandPlan(checked.plan ?? [], begin, end)
        assert.deepEqual(said, saidOf(begin, end))
        await markInUse(here().host, dirname(here().mas.config))
        await lifecycle.remove(checked.inputs, context)
        assert.deepEqual(said.slice(saidOf(begin, end).length), [
          "client element goes out of MAS's config and database",
        ])
        await lifecycle.remove(checked.inputs, context)
        assert.equal(said.length, saidOf(begin, end).length + 1, "what is gone is said to go")
        assert.deepEqual(await whereabouts(), { entry: undefined, row: undefined })
      }),
      { numRuns: propertyRuns(8), examples: [[{ entry: "as declared", row: "another name" }]] },
    )
  })

  test("of those in no file: which are pruned, with how many sessions, and which are left alone", async () => {
    const strays = ["0000000000BP31RKRQY8JYF634", "0000000000FPYW4VDC2KRYQNZ7"]
    const state = fc.record({ there: fc.subarray(strays), leftAlone: fc.subarray(strays), sessions: fc.nat(2) })
    await fc.assert(
      fc.asyncProperty(state, async ({ there, leftAlone, sessions }) => {
        // A prune takes all that is in no file: where one is to be left alone, it is refused.
        fc.pre(there.every((id) => !leftAlone.includes(id)) || there.every((id) => leftAlone.includes(id)))
        await stand({ entry: "none", row: "none" })
        for (const id of there) await addStray(id, sessions)
        const counted = await readStaticClients(here().database)
        const wanted = { host: { kind: "local" }, mas: here().mas, declared: [] } as const
        const context = { host: here().host, say: () => {} }
        const asked = (await staticClients.check?.(wanted, { ...wanted, leftAlone }, context)) ?? assert.fail()
        await staticClients.converge(asked.inputs, undefined, context)
        const left = await readStaticClientIds(here().database)
        const gone = counted.filter(({ id }) => !left.includes(id))
        assert.deepEqual(
          (asked.plan ?? []).toSorted(),
          gone.map(({ id, sessions: of }) => `client ${id} (stray) is pruned, with ${of} sessions`).toSorted(),
        )
        const first = (await staticClients.check?.(wanted, undefined, context))?.plan ?? []
        const alone = left.filter((id) => id !== foreignId)
        assert.deepEqual(
          first,
          alone.map((id) => `client ${id} (stray) is in MAS's database and in no file: left alone, and it works on`),
        )
      }),
      { numRuns: propertyRuns(6) },
    )
  })

  function inputs(): ClientInputs {
    return clientInputs(here(), clientId)
  }

  /** Each change is said once, with old and new; what is said not to change does not. */
  function demandPlan(plan: readonly string[], begin: Whereabouts, end: Whereabouts): void {
    const [head = "", ...fields] = plan.filter((line) => !line.startsWith("has no home page"))
    const inEntry = changesBetween(begin.entry ?? {}, end.entry ?? {})
    const isKnown = begin.entry !== undefined || begin.row !== undefined
    assert.equal(head === "new to MAS", !isKnown, head)
    const ofEntry = fields.filter((line) => !line.startsWith("in MAS's database: "))
    assert.deepEqual(ofEntry.map((line) => line.split(":")[0]).toSorted(), inEntry.toSorted(), plan.join("\n"))
    for (const line of ofEntry) {
      const [, field = "", was, is] = /^(\w+): (.*) → (.*)$/.exec(line) ?? assert.fail(line)
      assert.deepEqual([was, is], [words(begin.entry?.[field]), words(end.entry?.[field])])
    }
    if (!isKnown) return
    assert.equal(/nothing in its entry changes/.test(head), inEntry.length === 0, head)
    if (begin.row === undefined) assert.match(head, /^in MAS's config, not in its database yet/)
    else demandRow(head, fields, changesBetween(begin.row as object, end.row as object))
  }

  function demandRow(head: string, fields: readonly string[], inRow: readonly string[]): void {
    const told = fields.map((line) => /^(?:in MAS's database: )?(\w+): /.exec(line)?.[1])
    // Grants are called so in the database alone, and `client_id` in the config alone.
    for (const field of inRow) assert.ok(told.includes(field), `${field} changes in the database, unsaid`)
    assert.equal(
      /its row in MAS's database/.test(head),
      fields.some((line) => line.startsWith("in MAS's database: ")),
      head,
    )
  }

  function saidOf(begin: Whereabouts, end: Whereabouts): readonly string[] {
    const kinds = [
      ["config", begin.entry, changesBetween(begin.entry ?? {}, end.entry ?? {})],
      ["database", begin.row, changesBetween((begin.row ?? {}) as object, end.row as object)],
    ] as const
    const of = (arrives: boolean) =>
      kinds.filter(([, was, changes]) => changes.length > 0 && (was === undefined) === arrives).map(([place]) => place)
    const parts = [
      ...(of(true).length > 0 ? [`goes into MAS's ${of(true).join(" and ")}`] : []),
      ...(of(false).length > 0 ? [`changes in MAS's ${of(false).join(" and ")}`] : []),
    ]
    return parts.length === 0 ? [] : [`client element ${parts.join(", and ")}`]
  }

  async function stand({ entry: of, row }: { entry: keyof typeof entries; row: keyof typeof rows }): Promise<void> {
    // What is in the database alone got there by an entry that is gone since.
    const first = row === "none" || of !== "none" ? entries[of] : entries["as declared"]
    await here().reset(foreignClient + first)
    if (row !== "none") await sync()
    if (rows[row]) {
      const where = `oauth2_client_id = '${uuidOfUlid(clientId)}'`
      await here().database.execute(`UPDATE oauth2_clients SET ${rows[row]} WHERE ${where}`)
    }
    if (first !== entries[of]) await writeFile(here().mas.config, (await here().text()).replace(first, ""))
  }

  async function whereabouts(): Promise<Whereabouts> {
    const { clients } = parse(await here().text()) as { clients?: readonly { client_id: string }[] }
    return {
      entry: normal(clients?.find(({ client_id }) => client_id === clientId)),
      row: normal(await readClientRow(here().database, clientId)),
    }
  }

  async function addStray(id: string, sessions: number): Promise<void> {
    const own = uuidOfUlid(id)
    await here().database.execute(`INSERT INTO oauth2_clients (oauth2_client_id, is_static, client_name, redirect_uris,
        contacts, grant_type_authorization_code, grant_type_refresh_token, grant_type_client_credentials, grant_type_device_code)
      VALUES ('${own}', true, 'stray', '{}', '{}', true, true, true, true)`)
    for (let nth = 0; nth < sessions; nth++) {
      await here().database.execute(`INSERT INTO oauth2_sessions (oauth2_session_id, oauth2_client_id, created_at, scope_list)
        VALUES (gen_random_uuid(), '${own}', now(), '{}')`)
    }
  }

  async function sync(): Promise<void> {
    const [program, ...rest] = here().mas.service.commands?.cli ?? assert.fail()
    await here().host.exec([program, ...rest, "mas-cli", "--config", here().mas.config, "config", "sync"])
  }

  function here(): MasBench {
    return world.bench ?? assert.fail("the bench did not open")
  }
})

/** Addresses as MAS writes them; what there is not, left out. */
function normal(fields: object | undefined): Readonly<Record<string, unknown>> | undefined {
  if (fields === undefined) return undefined
  const shown = Object.entries(fields).filter(([, value]) => value !== null)
  const asWritten = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(asWritten)
    return typeof value === "string" && URL.canParse(value) ? new URL(value).href : value
  }
  return Object.fromEntries(shown.map(([key, value]) => [key, asWritten(value)]))
}

function changesBetween(one: object, other: object): readonly string[] {
  const [a, b] = [new Map(Object.entries(one)), new Map(Object.entries(other))]
  const keys = [...new Set([...a.keys(), ...b.keys()])]
  return keys.filter((key) => JSON.stringify(a.get(key)) !== JSON.stringify(b.get(key)))
}

function words(value: unknown): string {
  if (value === undefined) return "(absent)"
  return typeof value === "string" ? value : JSON.stringify(value)
}
