import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { JsonValue } from "../../../components/documents/json-value.ts"
import { parseDocument } from "../../../components/documents/parse.ts"
import { Choices } from "./choices.ts"
import { jsonDocument } from "./json-documents.ts"
import { compared, Outcomes, ours, runs, theirs } from "./outcomes.ts"
import { strangeEdits } from "./strange-edits.ts"

/** What people and programs put into JSON that is none, or only just. */
const bits = [
  ...[
    ",",
    ":",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "\\",
    "\\u12",
    "\\ud800",
    "\\x41",
    "//",
    "/*",
    "*/",
    "#",
    "NaN",
    "Infinity",
  ],
  ...[
    "-Infinity",
    "undefined",
    "01",
    "1.",
    ".5",
    "+1",
    "-",
    "0x1F",
    "1e",
    "1E+5",
    "1e400",
    "-0",
    "True",
    "null",
    "a",
    "\n",
  ],
  ...[
    "\t",
    "\f",
    "\v",
    "\u00A0",
    "\u2028",
    "\uFEFF",
    "\u0000",
    "\u001F",
    "\u007F",
    "\u0085",
    "😀",
    ",,",
    '"a":1,',
    '"a":',
  ],
]

/** JSON, and in two of three with a slip of the pen or two. */
const nearlyJson: fc.Arbitrary<string> = fc
  .tuple(jsonDocument(), fc.array(fc.nat(9999), { minLength: 9, maxLength: 9 }))
  .map(([{ text }, numbers]) => {
    const choices = new Choices(numbers)
    let now = text
    for (let slips = choices.below(3); slips > 0; slips--) {
      const at = choices.below(now.length + 1)
      now = now.slice(0, at) + (choices.chance(3) ? "" : choices.pick(bits)) + now.slice(at + choices.below(2))
    }
    return now
  })

/** JSON.parse is what browsers read with; it keeps to RFC 8259. What it says nothing of, a key given twice, is ours. */
async function browsers(text: string): Promise<JsonValue> {
  const value = JSON.parse(text) as JsonValue
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("no map of keys")
  return value
}

test("any JSON, however odd, is read as browsers read it or refused by name", async (t) => {
  const outcomes = new Outcomes()
  const property = fc.asyncProperty(nearlyJson, async (text) => {
    const us = ours(() => parseDocument(text, "json"))
    outcomes.add(compared(text, us, await theirs(() => browsers(text))))
  })
  await fc.assert(property, { numRuns: runs * 4 })
  outcomes.report(t)
  assert.ok(outcomes.get("agreed") > runs)
  assert.ok(outcomes.get("refused by both") > runs / 2)
})

test("only a key given twice is refused by us and not by browsers", async () => {
  const property = fc.asyncProperty(nearlyJson, async (text) => {
    if ((await theirs(() => browsers(text))) === undefined) return
    try {
      parseDocument(text, "json")
    } catch (error) {
      assert.match(String(error), /is given twice/, JSON.stringify(text))
    }
  })
  await fc.assert(property, { numRuns: runs })
})

test("a key set in any JSON is what browsers read, all else is as before, and its bytes come back", async (t) => {
  const outcomes = await strangeEdits(nearlyJson, "json", browsers, runs)
  outcomes.report(t)
  assert.ok(outcomes.get("agreed") > runs / 4)
})
