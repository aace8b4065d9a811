import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { JsonValue } from "../../../components/documents/json-value.ts"
import { apply, plan, restore } from "../../../components/documents/managed-keys.ts"
import { parseDocument } from "../../../components/documents/parse.ts"
import { problems } from "../../../components/documents/problems.ts"
import { PyYaml } from "./pyyaml.ts"

let judge: PyYaml
before(async () => {
  judge = await PyYaml.start()
})
after(() => judge.end())

const read: readonly (readonly [what: string, text: string, value: JsonValue])[] = [
  [
    "of two merge keys the later one counts",
    "a: &a {x: 1, y: 1}\nb: &b {x: 2}\nc:\n  <<: *a\n  <<: *b\n",
    { x: 2, y: 1 },
  ],
  [
    "in a list of maps to merge the first one counts",
    "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}\n",
    { x: 1, y: 2 },
  ],
  ["a key of its own counts before a merged one", "a: &a {x: 1}\nc:\n  x: 3\n  <<: *a\n", { x: 3 }],
  ["a merged map merges, too", "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}\n", { x: 1, y: 2 }],
  ["a tag that fits", 'c: !!int "0x1F"\n', 31],
]
for (const [what, text, value] of read) {
  test(`${what}: so it is for Synapse, and for us`, async () => {
    const ours = parseDocument(text, "yaml11") as { readonly c: JsonValue }
    assert.deepEqual(ours.c, value)
    assert.deepEqual(await judge.read(text), ours)
    const { edits, kept } = plan(text, "yaml11", [{ path: "fresh.key", value: true }])
    const edited = apply(text, edits)
    assert.deepEqual(await judge.read(edited), { ...ours, fresh: { key: true } })
    assert.equal(restore(edited, "yaml11", kept), text)
  })
}

const refused: readonly (readonly [text: string, told: RegExp])[] = [
  ["a: &a k\n*a : 1\n", /2:1 a key that is an alias/],
  ["a: *nothing\n", /1:4 an alias without an anchor/],
  ["a: &a 1\nb: &a 2\n", /2:4 a second anchor/],
  ["a: &a [*a]\n", /1:8 an alias within its own anchor/],
  ["a: ! 5\n", /1:4 a tag that is read by few/],
  ["a: !mine {b: 1}\n", /1:4 a tag that is read by few/],
  ["a: !!set {b}\n", /1:4 a tag that is read by few/],
  ["a: !!int word\n", /1:4 the tag does not fit/],
  ["a: !!map [b]\n", /1:4 the tag does not fit/],
  ["<<: 5\n", /1:5 a merge key/],
  ["a: 2024-02-30\n", /1:4 a date or time that there is not/],
  ["a: =\n", /1:4 this has a meaning of its own/],
  ["c: |2\n   x\n   \nb: 1\n", /1:4 a block with an indent of its own/],
  ["c: |1\n    far\n text\n  \n", /1:4 a block with an indent of its own/],
  ["a: |2\n   x\n   ", /1:4 a block that ends with blanks/],
  ["a: |2\n   \nb: 1\n", /1:4 a block of nothing but blank lines/],
  ["\uFEFF a: 1\n b: 2\n", /1:1 a first line that is indented behind a byte order mark/],
  ['a: "\\ud83d\\ude00"\n', /1:4 an escape that stands for half a character/],
  ["1: a\ntrue: b\n", /2:1 the key true is given twice/],
  ["a: [x?y]\n", /1:6 within braces or brackets/],
  ["? a\n  : b\n", /1:3 the colon of this key/],
  ["? [a]\n: b\n", /1:1 a key that is an alias, a map or a list/],
]
for (const [text, told] of refused) {
  test(`${JSON.stringify(text)} is refused with its place: ${told.source}`, () => {
    const found = problems(text, "yaml11").map(({ line, column, text: says }) => `${line}:${column} ${says}`)
    assert.ok(
      found.some((problem) => told.test(problem)),
      found.join("\n"),
    )
  })
}

test("numbers and keys are MAS's own: 010 is a text, 0b11 a number, and 1 the same key as its text", () => {
  const text = "a: 010\nb: 0b11\nc: +0x1F\nd: 1e400\n1: x\nyes: y\n"
  assert.deepEqual(parseDocument(text, "yaml12"), { a: "010", b: 3, c: 31, d: "1e400", "1": "x", yes: "y" })
  assert.match(String(problems('1: x\n"1": y\n', "yaml12")[0]?.text), /given twice/)
  assert.match(String(problems("\uFEFFa: 1\n", "yaml12")[0]?.text), /byte order mark/)
})

test("a whole number that JSON would round is none of ours to compare", () => {
  assert.deepEqual(parseDocument("a: 9007199254740993\nb: 9007199254740992\n", "yaml11"), {
    a: { $yaml: "int", text: "9007199254740993" },
    b: 9007199254740992,
  })
})
