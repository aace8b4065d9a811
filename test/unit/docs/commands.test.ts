import assert from "node:assert/strict"
import { test } from "node:test"
import { assignmentsIn, commandsIn, unseen, withValues } from "./commands.ts"

const page = `# A page

\`\`\`sh
NAME=value
\`\`\`

## 1. First

\`\`\`sh
one
two
\`\`\`

It says:

\`\`\`text
 said by … in 3 s
\`\`\`

\`\`\`sh
three
\`\`\`

## 2. Second

\`\`\`sh
four
\`\`\`
`

test("commands are found by section, with what is seen after them", () => {
  assert.deepEqual(commandsIn(page), [
    { name: "0.1", text: "NAME=value\n", seen: [] },
    { name: "1.1", text: "one\ntwo\n", seen: [" said by … in 3 s"] },
    { name: "1.2", text: "three\n", seen: [] },
    { name: "2.1", text: "four\n", seen: [] },
  ])
})

test("what a page shows is looked for line by line, in order", () => {
  const seen = ["one …", "three (3)"]
  assert.equal(unseen("one thing\ntwo\nand three (3)\n", { seen }), undefined)
  assert.equal(unseen("one thing\nthree (4)\n", { seen }), "three (3)")
  assert.equal(unseen("three (3)\none thing\n", { seen }), "three (3)")
})

test("variables of a block get other values, all but those that are worked out", () => {
  const text = 'A=one   # B=two is none\nC=three D=four\nE=$(ls "$A")\n'
  assert.deepEqual(
    assignmentsIn(text).map(({ name }) => name),
    ["A", "C", "D", "E"],
  )
  assert.equal(withValues(text, { A: "1", C: "3", D: "4" }), "A='1'\nC='3' D='4'\nE=$(ls \"$A\")\n")
  assert.throws(() => withValues(text, { A: "1" }), /C/)
})
