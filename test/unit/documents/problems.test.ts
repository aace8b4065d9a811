import assert from "node:assert/strict"
import { test } from "node:test"
import type { Dialect } from "../../../components/documents/dialects.ts"
import { problems } from "../../../components/documents/problems.ts"

/** What is found, as `line:column text`. */
type Found = readonly string[]

const cases: readonly (readonly [promise: string, dialect: Dialect, text: string, found: Found])[] = [
  ["a sound document has none", "yaml11", "# c\na: 1\nb: [x, y]\n", []],
  ["an empty document has none", "yaml12", "", []],
  [
    "a key given twice is named with both lines",
    "yaml11",
    "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 2\n",
    ['5:3 the key "c" is given twice, first on line 3', '6:1 the key "a" is given twice, first on line 1'],
  ],
  [
    "a key given twice in JSON is named with both lines",
    "json",
    '{\n "a": 1,\n "a": 2\n}',
    ['3:2 the key "a" is given twice, first on line 2'],
  ],
  [
    "yes and true are one key to PyYAML",
    "yaml11",
    "yes: 1\ntrue: 2\n",
    ["2:1 the key true is given twice, first on line 1"],
  ],
  ["yes and true are two keys to MAS", "yaml12", "yes: 1\ntrue: 2\n", []],
  ["a quoted number is another key than the number", "yaml11", "1: a\n'1': b\n", []],
  ["a list is no document for keys", "yaml11", "- a\n- b\n", ["1:1 the document is no map of keys, but a list"]],
  ["a single value is no document for keys", "json", "3", ["1:1 the document is no map of keys, but a single value"]],
  ["a second document is seen", "yaml11", "a: 1\n---\nb: 2\n", ["2:1 a second document begins here: only one is read"]],
  [
    "a tab between key and value is seen",
    "yaml11",
    "a:\t1\n",
    ["1:3 a tab between values, which Synapse's reader refuses"],
  ],
  [
    "a tab in front of a comment is seen",
    "yaml11",
    "a: 1\t# x\n",
    ["1:5 a tab between values, which Synapse's reader refuses"],
  ],
  ["tabs in quotes, comments and block scalars are fine", "yaml11", "a: 'x\ty' # a\tb\nb: |\n  x\ty\n", []],
  [
    "a tab as indentation is seen",
    "yaml12",
    "a:\n\tb: 1\n",
    ["2:1 a tab in the indentation, where YAML takes only spaces"],
  ],
  [
    "a line separator that only some take for a line break is seen",
    "yaml11",
    "a: 1 # x\u2028y\n",
    ["1:9 a character that some readers take for a line break, and others do not"],
  ],
  ["a control character is seen", "yaml11", "a: x\u0007\n", ["1:5 a control character, which the reader refuses"]],
  [
    "the end of a document that never began is seen",
    "yaml11",
    "# x\n...\n",
    ["2:1 the end of a document that has not begun"],
  ],
  ["a comma too many in JSON is seen", "json", '{\n  "a": 1,\n}', ["3:1 a comma before } is one too many"]],
  ["a comment in JSON is seen", "json", '{\n  // x\n  "a": 1}', ["2:3 JSON has no comments"]],
  ["single quotes in JSON are seen", "json", "{'a': 1}", ["1:2 JSON has no single quotes"]],
  ["JSON that ends too early is seen", "json", '{"a": [1', ["1:9 the text ends where a comma or ] is expected"]],
  ["an empty file is no JSON", "json", "", ["1:1 the text ends where a value is expected"]],
  ["text behind JSON is seen", "json", '{"a": 1} x', ["1:10 there is more text behind the end of the JSON"]],
  [
    "a byte order mark in JSON is seen",
    "json",
    "\uFEFF{}",
    ["1:1 a byte order mark, which many readers of JSON refuse"],
  ],
  ["a number that is none in JSON is seen", "json", '{"a": 01}', ["1:7 a value is expected here"]],
]

for (const [promise, dialect, text, found] of cases) {
  test(`${promise} (${dialect})`, () => {
    assert.deepEqual(
      problems(text, dialect).map((problem) => `${problem.line}:${problem.column} ${problem.text}`),
      found,
    )
  })
}

test("several problems are reported at once, in the order of the text", () => {
  const found = problems("a: 1\na: 2\nb:\t3\nc: [1, 2\nd: 'x\n", "yaml11")
  assert.deepEqual(
    found.slice(0, 2).map(({ line }) => line),
    [2, 3],
  )
  assert.ok(found.length > 2)
})

test("what lies in the way of a managed key is told with its line", () => {
  const text = "a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n  e: 1\nf: 5\ng: [1]\nh: &y 2\ni: *y\n"
  const wanted = ["a.b", "c.b", "d.b", "f.x", "g.x", "h"]
  assert.deepEqual(
    wanted.map((path) => problems(text, "yaml11", [path]).map(({ line }) => line)),
    [[1], [3], [5], [7], [8], [10]],
  )
  assert.deepEqual(problems(text, "yaml11", ["d.e", "d.new", "i", "c", "new.key"]), [])
})

test("two entries of one identity are told with the second one's line", () => {
  const text = "clients:\n  - client_id: a\n  - client_id: a\n"
  assert.deepEqual(problems(text, "yaml12", ["clients[client_id=a].x"]), [
    { line: 3, column: 3, text: "a second entry with client_id a" },
  ])
})

test("no problem quotes a value, which may be a secret", () => {
  const secret = "hunter2"
  for (const text of [
    `a: "${secret}\n`,
    `a: ${secret}: b\n`,
    `a: [${secret}\n`,
    `${secret}\n`,
    `a: *${secret}x y\n`,
    `a: 1\n- ${secret}\n`,
  ]) {
    const found = problems(text, "yaml11")
    assert.ok(found.length > 0, text)
    assert.ok(!JSON.stringify(found).includes(secret), JSON.stringify(found))
  }
  const json = problems(`{"a": "${secret}`, "json")
  assert.ok(json.length > 0 && !JSON.stringify(json).includes(secret))
})
