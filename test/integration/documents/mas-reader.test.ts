import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import fc from "fast-check"
import { isMap, type JsonValue } from "../../../components/documents/json-value.ts"
import { parseDocument } from "../../../components/documents/parse.ts"
import { compared, Outcomes, ours, theirs } from "../../unit/documents/outcomes.ts"
import { strangeYaml } from "../../unit/documents/strange-yaml.ts"
import { propertyRuns } from "../../unit/property-runs.ts"
import { dataIn, frame, MasReader } from "./mas-reader.ts"

let mas: MasReader
before(async () => {
  mas = await MasReader.start()
})
after(() => mas.end())

const isReal = Boolean(process.env.MAS_CLI)
const values = [
  "word",
  "yes",
  "~",
  "true",
  "12",
  "+12",
  "0x1F",
  "0o17",
  "1.5",
  "1e3",
  ".5",
  "'01'",
  '"\\u00e9"',
  "2024-01-01",
]
const others = [
  "[a, {b: 1}]",
  "{a: 1, b: [x]}",
  "|\n      x\n       y\n",
  ">-\n      x\n      y\n",
  "&a z",
  "'it''s'",
  "1_000",
  "nULL",
]

test("what people write in MAS's config is read as MAS reads it", async () => {
  const lines = [...values, ...others].map((value, at) => `    k${at}: ${value}\n`).join("")
  const text = `${frame.before}${lines}    alias: *a\n`
  assert.deepEqual(dataIn(parseDocument(text, "yaml12")), await mas.read(text))
})

test("a tab where a block's indentation or a value is still to come is refused, as MAS refuses it", async () => {
  for (const block of [
    "    k0:\n    -\t{}\n",
    "    k0:\n    - ?\ta\n",
    "    k0: |\n        \t\n",
    "    k0: |\n      a\n    \tb\n",
    "    k0: >\n\t\n",
  ]) {
    const text = `${frame.before}${block}`
    assert.equal(await ours(() => dataIn(parseDocument(text, "yaml12"))), undefined, JSON.stringify(block))
    if (isReal) assert.equal(await theirs(() => mas.read(text)), undefined, JSON.stringify(block))
  }
  assert.ok(ours(() => dataIn(parseDocument(`${frame.before}    k0: |\n      a\n      \tb\n`, "yaml12"))))
})

/** The stand-in reads by the library's parser, and is no judge of odd YAML: then the plain choices are all there are. */
test("any config of MAS, however odd, is read as MAS reads it or refused by name", async (t) => {
  const outcomes = new Outcomes()
  const documents = isReal
    ? strangeYaml(frame)
    : fc.constantFrom(...values, ...others).map((value) => `${frame.before}    a: ${value}\n`)
  const property = fc.asyncProperty(documents, async (text) => {
    const us = ours(() => dataIn(parseDocument(text, "yaml12")))
    const them = await theirs(() => mas.read(text))
    outcomes.add(compared(text, us && dumped(us), them && dumped(them)))
  })
  await fc.assert(property, { numRuns: propertyRuns(isReal ? 80 : 20), endOnFailure: true })
  outcomes.report(t)
  assert.ok(outcomes.get("agreed") > 5)
})

/** As a dump says it: an infinity is nothing there, and a number greater than JSON's is read back rounded. */
function dumped(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(dumped)
  if (typeof value === "number" && Number.isInteger(value) && Math.abs(value) > 2 ** 53) return { $yaml: "int" }
  if (!isMap(value)) return value
  if (value.$yaml === "float") return null
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, dumped(inner)]))
}
