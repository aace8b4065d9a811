import assert from "node:assert/strict"
import { createRequire } from "node:module"
import { after, before, describe, test } from "node:test"
import fc from "fast-check"
import type { Dialect } from "../../../components/documents/dialects.ts"
import { type Absent, absent, type JsonValue, sameValue } from "../../../components/documents/json-value.ts"
import { printKeyPath } from "../../../components/documents/key-path.ts"
import { apply, type ManagedKey, plan, restore } from "../../../components/documents/managed-keys.ts"
import { parseDocument } from "../../../components/documents/parse.ts"
import { problems } from "../../../components/documents/problems.ts"
import { propertyRuns } from "../property-runs.ts"
import { jsonDocument } from "./json-documents.ts"
import { PyYaml } from "./pyyaml.ts"
import { readAsMas } from "./serde-yaml.ts"
import { type Written, yamlDocument } from "./yaml-documents.ts"

/** A second reader of YAML 1.2. It has no types of its own. */
const jsYaml = createRequire(import.meta.url)("js-yaml") as {
  readonly load: (text: string, options: { schema: unknown }) => JsonValue
  readonly CORE_SCHEMA: unknown
}

/** The reader's own parser. */
interface Judge {
  readonly read: (text: string) => Promise<JsonValue>
  readonly end: () => Promise<void>
}

interface Case {
  readonly written: Written
  readonly keys: readonly Key[]
  readonly later: readonly Key[]
}

interface Key {
  readonly steps: readonly string[]
  readonly value: JsonValue | Absent
}

for (const dialect of ["yaml11", "yaml12", "json"] as const) {
  describe(`any document read as ${dialect}`, () => {
    let reader: Judge
    const judge = async (text: string) => (await reader.read(text)) ?? {}
    before(async () => {
      reader = await judgeOf(dialect)
    })
    after(() => reader.end())

    test("means to us what it means to its reader", async () => {
      await holds(dialect, async ({ written: { text } }) => {
        assert.ok(sameValue(plainly(parseDocument(text, dialect)), plainly(await judge(text))), text)
      })
    })

    test("has the wanted values after the edits, and all other values as before", async () => {
      await holds(dialect, async ({ written: { text }, keys }) => {
        const after = edited(text, dialect, keys)
        const [was, is] = [plainly(await judge(text)), plainly(await judge(after))]
        for (const { steps, value } of keys)
          assert.ok(sameValue(at(is, steps), value), `${steps}\n${text}\n---\n${after}`)
        if (dialect === "yaml12") {
          const second = jsYaml.load(after, { schema: jsYaml.CORE_SCHEMA }) ?? {}
          for (const { steps, value } of keys)
            assert.ok(sameValue(at(second, steps), value), `js-yaml: ${steps}\n${after}`)
        }
        const paths = keys.map(({ steps }) => steps)
        assert.deepEqual(without(is, paths), without(was, paths), `${text}\n---\n${after}`)
      })
    })

    test("is not edited a second time", async () => {
      await holds(dialect, async ({ written: { text }, keys }) => {
        const { edits, kept } = plan(text, dialect, managed(keys))
        const after = apply(text, edits)
        assert.deepEqual(plan(after, dialect, managed(keys), kept), { edits: [], kept, left: [] })
        assert.deepEqual(plan(after, dialect, managed(keys)).edits, [])
      })
    })

    test("has its bytes back after the keys are given back", async () => {
      await holds(dialect, async ({ written: { text }, keys }) => {
        const { edits, kept } = plan(text, dialect, managed(keys))
        assert.equal(restore(apply(text, edits), dialect, JSON.parse(JSON.stringify(kept))), text)
      })
    })

    test("has its bytes back after the wanted keys have changed in between", async () => {
      await holds(dialect, async ({ written: { text }, keys, later }) => {
        const first = plan(text, dialect, managed(keys))
        const middle = apply(text, first.edits)
        const second = plan(middle, dialect, managed(later), first.kept)
        const after = apply(middle, second.edits)
        for (const { steps, value } of later) assert.ok(sameValue(at(parseDocument(after, dialect), steps), value))
        assert.equal(restore(after, dialect, second.kept), text)
      })
    })

    test("keeps every comment that does not belong to a managed value, in order", async () => {
      await holds(dialect, async ({ written: { text, comments }, keys }) => {
        const after = edited(text, dialect, keys)
        const theirs = comments.filter(
          ({ path }) => !keys.some(({ steps }) => steps.every((step, i) => path[i] === step)),
        )
        let from = 0
        for (const comment of theirs.toSorted((a, b) => text.indexOf(a.text) - text.indexOf(b.text))) {
          const found = after.indexOf(comment.text, from)
          assert.notEqual(found, -1, `${comment.text} is gone:\n${text}\n---\n${after}`)
          from = found
        }
      })
    })

    test("keeps what others edited meanwhile, when the keys are given back", async () => {
      await holds(dialect, async ({ written, keys }) => {
        const { text } = written
        const { edits, kept } = plan(text, dialect, managed(keys))
        const byHand = handEdits(written, keys, dialect)
        assert.equal(restore(byHand(apply(text, edits)), dialect, kept), byHand(text))
      })
    })

    test("is repaired after others changed a managed key, and that change is not given back as ours", async () => {
      await holds(dialect, async ({ written: { text }, keys }) => {
        const { edits, kept } = plan(text, dialect, managed(keys))
        const after = apply(text, edits)
        const [drifting] = keys
        if (!drifting) return
        const drift = edited(after, dialect, [{ ...drifting, value: "changed by hand" }])
        const repaired = apply(drift, plan(drift, dialect, managed(keys), kept).edits)
        for (const { steps, value } of keys) assert.ok(sameValue(at(parseDocument(repaired, dialect), steps), value))
        const given = restore(drift, dialect, kept)
        assert.equal(at(parseDocument(given, dialect), drifting.steps), "changed by hand")
      })
    })
  })
}

/** Tries a property on many documents. Keys that lie where we must not edit are left out first. */
async function holds(dialect: Dialect, property: (drawn: Case) => Promise<void>): Promise<void> {
  const arbitrary = cases(dialect)
  await fc.assert(
    fc.asyncProperty(arbitrary, async (drawn) => {
      const { text } = drawn.written
      assert.deepEqual(problems(text, dialect), [], text)
      const keys = editable(text, dialect, drawn.keys)
      await property({
        ...drawn,
        keys,
        later: editable(text, dialect, [...keys, ...drawn.later].slice(keys.length / 2)),
      })
    }),
    { numRuns: propertyRuns(100) },
  )
}

function cases(dialect: Dialect): fc.Arbitrary<Case> {
  const document = dialect === "json" ? jsonDocument() : yamlDocument(dialect)
  return document.chain((written) => {
    const keys = fc.array(keyOf(written), { minLength: 1, maxLength: 4 })
    return fc.record({ written: fc.constant(written), keys, later: keys })
  })
}

const newNames = ["enabled", "new", "on", "0600", "two words", "a.b", "ключ", "client_id", "1:30"]

function keyOf({ maps, keys }: Written): fc.Arbitrary<Key> {
  const there = keys.length > 0 ? fc.constantFrom(...keys) : fc.constant(["fresh"])
  const below = fc.array(fc.constantFrom(...newNames), { minLength: 1, maxLength: 3 })
  const steps = fc.oneof(
    there,
    fc.tuple(fc.constantFrom(...maps), below).map(([map, names]) => [...map, ...names]),
    fc.tuple(there, below).map(([key, names]) => [...key, ...names]),
  )
  return fc.record({ steps, value: wantedValue })
}

const nasty = [
  "no",
  "y",
  "0600",
  "1:30",
  "~",
  "",
  " ",
  "2024-01-01",
  "- a",
  "a: b",
  "a #b",
  "#",
  "'",
  '"',
  "\\",
  "é",
  "😀",
  "\u2028",
  "\u0085",
  "\t",
  "a\nb",
  "a\r\nb",
  "<<",
  "=",
  "---",
  "...",
  "%",
  "@",
  "`",
  "1e5",
  "1_0",
  "[",
  "{a",
  "*a",
  "&a",
  "!a",
  "|",
  ">",
  "null",
  "0x1f",
  "1.",
  "a:",
  ":a",
  "?",
  "? a",
  "\uFEFF",
  "\u0007",
  "01H8PKNWKKRPCBW4YGH1RWV279",
  "00000000000000000000000000",
  "http://[::]:1/",
]

const { value: anyValue } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...nasty),
    fc.string({ unit: "binary" }),
    fc.string(),
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...nasty, ...newNames), fc.string()), tie("value"), { maxKeys: 3 }),
  ),
}))

const wantedValue: fc.Arbitrary<JsonValue | Absent> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(absent) },
  { weight: 3, arbitrary: anyValue },
)

/** The keys that can be managed here together: no overlap, no alias or single value in the way. */
function editable(text: string, dialect: Dialect, keys: readonly Key[]): Key[] {
  const chosen: Key[] = []
  for (const key of keys) {
    const overlaps = chosen.some(({ steps }) => isWithin(steps, key.steps) || isWithin(key.steps, steps))
    if (!overlaps && problems(text, dialect, [printKeyPath(key.steps)]).length === 0) chosen.push(key)
  }
  return chosen
}

function isWithin(steps: readonly string[], start: readonly string[]): boolean {
  return start.every((step, at) => steps[at] === step)
}

function managed(keys: readonly Key[]): ManagedKey[] {
  return keys.map(({ steps, value }) => ({ path: printKeyPath(steps), value }))
}

function edited(text: string, dialect: Dialect, keys: readonly Key[]): string {
  return apply(text, plan(text, dialect, managed(keys)).edits)
}

/** Somebody's edits at places that are not ours, and that stand in the text before and after. */
function handEdits(
  { words, text: original }: Written,
  keys: readonly Key[],
  dialect: Dialect,
): (text: string) => string {
  const theirs = words.filter(({ path }) => !keys.some(({ steps }) => isWithin(path, steps)))
  return (text) => {
    const changed = theirs.slice(0, 2).reduce((all, word) => all.replace(word.text, "by_hand"), text)
    if (dialect === "json") return `${changed} `
    return original.includes("%YAML") ? changed : changed.replace(/^\uFEFF?/, "$&# by hand\n")
  }
}

function at(value: JsonValue, steps: readonly string[]): JsonValue | Absent {
  let inner: JsonValue | undefined = value
  for (const step of steps) {
    if (typeof inner !== "object" || inner === null || !Object.hasOwn(inner, step)) return absent
    inner = (inner as { [key: string]: JsonValue })[step]
  }
  return inner ?? null
}

/** The value without the managed keys, and without maps that hold nothing else: `{}` and nothing are the same then. */
function without(value: JsonValue, paths: readonly (readonly string[])[]): JsonValue {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      const below = paths.filter(([step]) => step === key).map((path) => path.slice(1))
      if (below.some((path) => path.length === 0)) return []
      const rest = without(inner, below)
      const isBare = rest === null || (typeof rest === "object" && Object.keys(rest).length === 0)
      return below.length > 0 && isBare ? [] : [[key, rest]]
    }),
  )
}

/** Values that JSON cannot say, by kind only. */
function plainly(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(plainly)
  if (typeof value === "number" && !Number.isFinite(value)) return { $yaml: "float" }
  if (typeof value !== "object" || value === null) return value
  if (Object.hasOwn(value, "$yaml")) return { $yaml: (value as { [key: string]: JsonValue }).$yaml ?? null }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainly(inner)]))
}

async function judgeOf(dialect: Dialect): Promise<Judge> {
  if (dialect === "yaml11") return PyYaml.start()
  const read = dialect === "json" ? (text: string) => JSON.parse(text) as JsonValue : readAsMas
  return { read: async (text) => read(text), end: async () => {} }
}
