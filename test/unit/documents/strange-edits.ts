import assert from "node:assert/strict"
import fc from "fast-check"
import type { Dialect } from "../../../components/documents/dialects.ts"
import { absent, isAbsent, isMap, type JsonValue, sameValue } from "../../../components/documents/json-value.ts"
import { printKeyPath } from "../../../components/documents/key-path.ts"
import { apply, plan, restore } from "../../../components/documents/managed-keys.ts"
import { parseDocument } from "../../../components/documents/parse.ts"
import { Outcomes, ours, plainly, theirs } from "./outcomes.ts"

type Steps = readonly string[]
const values = [true, "0600", null, 5, "a: b", ["x", { y: 1 }], { enabled: false, list: [] }, {}, absent]

/**
 * One key of a document is changed, added or taken out, and given back. The judge reads the wanted value and all others
 * as before, and the bytes are back at the end: or we refuse by name, having changed nothing.
 */
export async function strangeEdits(
  documents: fc.Arbitrary<string>,
  dialect: Dialect,
  judge: (text: string) => Promise<JsonValue>,
  numRuns: number,
): Promise<Outcomes> {
  const outcomes = new Outcomes()
  const property = fc.asyncProperty(documents, fc.nat(9999), fc.constantFrom(...values), async (text, at, value) => {
    const before = ours(() => parseDocument(text, dialect))
    if (before === undefined) return outcomes.add("refused by both")
    const paths = pathsOf(before)
    const steps =
      at % 4 === 0 ? [...(paths[at % paths.length] ?? []), "fresh"] : (paths[at % paths.length] ?? ["fresh"])
    const name = printKeyPath(steps)
    const planned = ours(() => plan(text, dialect, [{ path: name, value }]))
    if (planned === undefined) return outcomes.add("refused by us")
    const after = apply(text, planned.edits)
    const [was, is] = [await theirs(() => judge(text)), await theirs(() => judge(after))]
    assert.ok(was !== undefined && is !== undefined, `${JSON.stringify(text)}\n${name}\n${JSON.stringify(after)}`)
    const told = `${name} = ${JSON.stringify(value)} in\n${JSON.stringify(text)}\n${JSON.stringify(after)}`
    const found = valueAt(is, steps)
    assert.ok(isAbsent(value) ? isAbsent(found) : sameValue(plainly(found as JsonValue), value), told)
    assert.deepEqual(without(plainly(is), steps), without(plainly(was), steps), told)
    assert.equal(restore(after, dialect, JSON.parse(JSON.stringify(planned.kept))), text, told)
    outcomes.add("agreed")
  })
  await fc.assert(property, { numRuns })
  return outcomes
}

/** Every key of every map, and of the maps below. */
function pathsOf(value: JsonValue, above: Steps = []): Steps[] {
  if (!isMap(value) || Object.hasOwn(value, "$yaml")) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = [...above, key]
    return key === "" || key.startsWith("(") ? [] : [path, ...pathsOf(inner, path)]
  })
}

function valueAt(value: JsonValue, steps: Steps): JsonValue | typeof absent {
  let inner: JsonValue = value
  for (const step of steps) {
    if (!isMap(inner) || !Object.hasOwn(inner, step)) return absent
    inner = inner[step] as JsonValue
  }
  return inner
}

/** Without the key, and without what holds nothing else: no value, and an empty map, are the same then. */
function without(value: JsonValue, [step, ...below]: Steps): JsonValue {
  if (step === undefined || !isMap(value)) return value
  const entries = Object.entries(value).flatMap(([key, inner]) => {
    if (key !== step) return [[key, inner] as const]
    if (below.length === 0) return []
    const rest = without(inner, below)
    const isBare = rest === null || (typeof rest === "object" && Object.keys(rest).length === 0)
    return isBare ? [] : [[key, rest] as const]
  })
  return Object.fromEntries(entries)
}
