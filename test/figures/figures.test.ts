import assert from "node:assert/strict"
import { test } from "node:test"
import { distributionOf } from "./distribution.ts"
import { findCycles } from "./import-cycles.ts"
import { measureFile } from "./measure-file.ts"
import { renderFigures, renderOutsize } from "./render-figures.ts"
import { parseSource } from "./source-files.ts"

const measure = (text: string, path = "components/a/thing.ts") => measureFile(parseSource(path, text))

test("functions are known by name, with their lines, parameters and how deep they go", () => {
  const { functions } = measure(`
export function declared(a: string, { b, c }: Options): void {
  for (const one of a) {
    if (b) try { c() } catch {}
    else if (one) c()
  }
}
const assigned = (a: number) => a
function chained() { if (a) b(); else if (c) d(); else if (e) f() }
class Thing {
  constructor() {
    const inner = () => { while (true) {} }
  }
  method(): void {}
}
declare function overload(): void
list.map((entry) => entry)
`)
  assert.deepEqual(
    functions.map(({ name, lines, parameters, nesting }) => [name, lines, parameters, nesting]),
    [
      ["declared", 6, 2, 3],
      ["assigned", 1, 1, 0],
      ["chained", 1, 0, 1],
      ["Thing.constructor", 3, 0, 0],
      ["inner", 1, 0, 1],
      ["method", 1, 0, 0],
    ],
  )
})

test("comment lines are those with nothing else on them, and what looks like a comment in a text is none", () => {
  const { lines, commentLines } = measure(`// one
/** two
 * three */
const url = "https://example.org" // not this one
const template = \`
// nor this
\${url /* nor this */}
\`
const late = 1 /* begins late
  and goes on: four */
// five
`)
  assert.deepEqual({ lines, commentLines }, { lines: 11, commentLines: 5 })
})

test("files that import each other in a circle are found, unless they import types alone", () => {
  const file = (path: string, text: string) => parseSource(path, text)
  const found = findCycles([
    file("components/a.ts", 'import { b } from "./room/b.ts"\nimport pg from "pg"'),
    file("components/room/b.ts", 'export { c } from "../c.ts"'),
    file("components/c.ts", 'import { a } from "./a.ts"'),
    file("components/d.ts", 'import { c } from "./c.ts"\nimport type { E } from "./e.ts"'),
    file("components/e.ts", 'import { d } from "./d.ts"'),
  ])
  assert.deepEqual(found, [["components/a.ts", "components/c.ts", "components/room/b.ts"]])
})

test("figures are values that there are, and all 0 where there are none", () => {
  assert.deepEqual(distributionOf([5, 1, 4, 2, 3, 6, 7, 8, 9, 100]), { median: 5, p90: 9, max: 100 })
  assert.deepEqual(distributionOf([7]), { median: 7, p90: 7, max: 7 })
  assert.deepEqual(distributionOf([]), { median: 0, p90: 0, max: 0 })
})

test("a room is one line, and what is too long is named", () => {
  const long = measure(`function endless() {\n${"  work()\n".repeat(360)}}\n`, "components/a/endless.ts")
  const rooms = [
    { name: "components", files: [measure("// short\nconst a = () => 1\n"), long], cycles: [["x.ts", "y.ts"]] },
  ]
  const [, , row = ""] = renderFigures(rooms).split("\n")
  assert.match(row, /^components +2 +2 \/ 362 \/ 362 +2 +1 \/ 362 \/ 362 +0 \/ 0 \/ 0 +0 \/ 0 \/ 0 +0 % +1$/)
  assert.equal(
    renderOutsize(rooms),
    [
      "Files over 350 lines:",
      "  components/a/endless.ts: 362",
      "Functions over 70 lines:",
      "  endless in components/a/endless.ts: 362",
      "Files that import each other:",
      "  x.ts, y.ts",
    ].join("\n"),
  )
  assert.match(renderOutsize([]), /^Files over 350 lines: none\.$/m)
})
