import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import fc from "fast-check"
import { type Absent, absent, isAbsent, type JsonValue, sameValue } from "../../../components/documents/json-value.ts"
import { printKeyPath } from "../../../components/documents/key-path.ts"
import { apply, type ManagedKey, observe, plan, restore } from "../../../components/documents/managed-keys.ts"
import { propertyRuns } from "../property-runs.ts"
import { clientList } from "./client-lists.ts"
import { PyYaml } from "./pyyaml.ts"

interface Wish {
  readonly id: string
  readonly field: "redirect_uris" | "client_auth_method" | null
  readonly value: JsonValue | Absent
}

const ids = ["01H8PKNWKKRPCBW4YGH1RWV279", "00000000000000000000000001", "01E500000000000000000000AB", "[x]", "new"]

const wish: fc.Arbitrary<Wish> = fc
  .record({
    id: fc.constantFrom(...ids),
    field: fc.constantFrom("redirect_uris", "client_auth_method", null) as fc.Arbitrary<Wish["field"]>,
    gone: fc.boolean(),
    uris: fc.array(fc.constantFrom("https://b.example/", "no"), { maxLength: 2 }),
  })
  .map(({ id, field, gone, uris }) => {
    if (gone) return { id, field, value: absent }
    if (field === null) return { id, field, value: { client_id: id, redirect_uris: uris } }
    return { id, field, value: field === "redirect_uris" ? uris : "none" }
  })

const wishes = fc.uniqueArray(wish, { selector: ({ id }) => id, minLength: 1, maxLength: 3 })

let python: PyYaml
before(async () => {
  python = await PyYaml.start()
})
after(() => python.end())

test("a client is added, changed and taken out by its id, and no other client is touched", async () => {
  await fc.assert(
    fc.asyncProperty(clientList(), wishes, async ({ text }, drawn) => {
      const edited = apply(text, plan(text, "yaml11", managed(drawn)).edits)
      const [was, is] = [await clientsOf(text), await clientsOf(edited)]
      for (const { id, field, value } of drawn) {
        const found = is.get(id)
        const live = field === null ? (found ?? absent) : (found?.[field] ?? absent)
        assert.ok(sameValue(live, value), `${id} ${field}\n${text}\n---\n${edited}`)
      }
      const others = (list: ReadonlyMap<string, unknown>) =>
        [...list].filter(([id]) => !drawn.some((one) => one.id === id))
      assert.deepEqual(others(is), others(was))
    }),
    { numRuns: propertyRuns(100) },
  )
})

test("a list of clients has its bytes back, whatever was wanted of it in between", () => {
  fc.assert(
    fc.property(
      clientList(),
      wishes,
      wishes,
      fc.constantFrom("yaml11", "yaml12"),
      ({ text }, drawn, later, dialect) => {
        const first = plan(text, dialect, managed(drawn))
        const middle = apply(text, first.edits)
        assert.equal(restore(middle, dialect, first.kept), text)
        const second = plan(middle, dialect, managed(later), first.kept)
        const end = apply(middle, second.edits)
        const names = managed(later).map(({ path }) => path)
        assert.deepEqual(
          Object.values(observe(end, dialect, names)).map(isAbsent),
          managed(later).map(({ value }) => isAbsent(value)),
        )
        assert.equal(restore(end, dialect, second.kept), text)
      },
    ),
    { numRuns: propertyRuns(100) },
  )
})

function managed(drawn: readonly Wish[]): ManagedKey[] {
  return drawn.map(({ id, field, value }) => {
    const steps = ["clients", { by: "client_id", is: id }, ...(field === null ? [] : [field])]
    return { path: printKeyPath(steps), value }
  })
}

type Client = { readonly [key: string]: JsonValue }

async function clientsOf(text: string): Promise<Map<string, Client>> {
  const { clients } = (await python.read(text)) as { readonly clients?: readonly Client[] }
  return new Map((clients ?? []).map((client) => [String(client.client_id), client]))
}
