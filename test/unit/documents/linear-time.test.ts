import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { Dialect } from "../../../components/documents/dialects.ts"
import { limits } from "../../../components/documents/limits.ts"
import { plan } from "../../../components/documents/managed-keys.ts"
import { mend } from "../../../components/documents/mend.ts"
import { problems, UnusableDocument } from "../../../components/documents/problems.ts"
import { propertyFactor } from "../property-runs.ts"

/** Documents that somebody could stop us with, by their length. Twice the length takes about twice the time. */
const long: readonly (readonly [name: string, size: number, write: (size: number) => string])[] = [
  ["blanks on one line of a block", 40_000, (n) => `a: |\n  x\n${" ".repeat(n)}\nb: 1\n`],
  ["blank lines of a block", 10_000, (n) => `a: |\n  x\n${"   \n".repeat(n)}b: 1\n`],
  ["blanks at the end of a block", 40_000, (n) => `a: >\n  x\n${" ".repeat(n)}`],
  ["tabs between values", 16_000, (n) => `a: 1\n${"b:\t1\n".repeat(n / 2)}`],
  ["tabs on one line", 40_000, (n) => `a:${"\t".repeat(n)}1\n`],
  ["keys given twice", 8_000, (n) => "a: 1\n".repeat(n)],
  ["a list of 800 kB", 10_000, (n) => `a:\n${"  - some entry of a list, at 40 characters\n".repeat(n)}`],
  ["keys", 6_000, (n) => Array.from({ length: n }, (_, at) => `key_${at}: value # c\n`).join("")],
  ["anchors", 4_000, (n) => Array.from({ length: n }, (_, at) => `a${at}: &x${at} 1\nb${at}: *x${at}\n`).join("")],
  ["comments", 20_000, (n) => `a: 1\n${"# comment\n".repeat(n)}`],
  ["quotes that are not closed", 5_000, (n) => 'a: "x\n'.repeat(n)],
  ["brackets that are not closed", 5_000, (n) => "a: [x\n".repeat(n)],
  ["escapes", 40_000, (n) => `a: "${"\\\\".repeat(n)}"\n`],
  ["line breaks", 40_000, (n) => "\n".repeat(n)],
  ["a page of HTML", 3_000, (n) => `<html>\n${'<p class="x">text: & more</p>\n'.repeat(n)}</html>\n`],
]
/** Few enough to be quick in `npm test`. */
const share = propertyFactor > 1 ? 1 : 4
const longJson: typeof long = [
  ["a list", 20_000, (n) => `{"a":[${"1,".repeat(n)}1]}`],
  ["a string", 300_000, (n) => `{"a":"${"x".repeat(n)}"}`],
  ["escapes", 100_000, (n) => `{"a":"${"\\n".repeat(n)}"}`],
  ["blanks", 300_000, (n) => `{"a":1${" ".repeat(n)}`],
  ["keys given twice", 8_000, (n) => `{${'"a":1,'.repeat(n)}"b":2}`],
]

for (const [dialect, documents] of [
  ["yaml11", long],
  ["yaml12", long.slice(0, 6)],
  ["json", longJson],
] as const) {
  describe(`read as ${dialect}, and planned where it can be`, () => {
    for (const [name, size, write] of documents) {
      test(`${name}: twice as many take no more than 2.6 times as long`, () => {
        const ratio = growth(dialect, size / share, write)
        assert.ok(ratio <= 2.6, `${ratio.toFixed(1)} times as long`)
      })
    }
  })
}

/** Time of the processor, the least of some tries each; what takes no 30 ms says nothing. */
function growth(dialect: Dialect, size: number, write: (size: number) => string): number {
  used(dialect, write(Math.ceil(size / 2)))
  for (let tries = 1; ; tries++) {
    const [one, two] = [least(dialect, write(size)), least(dialect, write(size * 2))]
    if (two < 30) return 1
    if (two / one <= 2.6 || tries === 4) return two / one
  }
}

function least(dialect: Dialect, text: string): number {
  return Math.min(
    ...[" ", "  ", "   "].map((tail) => used(dialect, dialect === "json" ? text + tail : `# ${tail}\n${text}`)),
  )
}

/** Milliseconds of the processor. */
function used(dialect: Dialect, text: string): number {
  const start = process.cpuUsage()
  try {
    plan(text, dialect, [{ path: "new.key", value: 1 }])
  } catch (error) {
    if (!(error instanceof UnusableDocument)) throw error
  }
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

const bomb = (line: (at: number, before: string) => string) =>
  Array.from({ length: 12 }, (_, at) => line(at, at === 0 ? "" : `*a${at - 1}, `.repeat(9))).join("")

const beyond: readonly (readonly [name: string, dialect: Dialect, text: string, told: RegExp])[] = [
  [
    "aliases of aliases",
    "yaml11",
    bomb((at, before) => `a${at}: &a${at} [${before || "x"}]\n`),
    /aliases followed.* 300,000 values/,
  ],
  [
    "the same for MAS",
    "yaml12",
    bomb((at, before) => `a${at}: &a${at} [${before || "x"}]\n`),
    /aliases followed.* 300,000 values/,
  ],
  [
    "merges of merges",
    "yaml11",
    bomb((at, before) => `a${at}: &a${at} {<<: [${before || "{x: 1}"}]}\n`),
    /aliases followed/,
  ],
  [
    "a chain of anchors",
    "yaml11",
    Array.from({ length: 2_000 }, (_, at) => `a${at}: &a${at} [${at ? `*a${at - 1}` : ""}]\n`).join(""),
    /50 deep/,
  ],
  ["brackets in brackets", "yaml11", `a: ${"[".repeat(200_000)}`, /50 deep/],
  ["maps in maps", "yaml12", Array.from({ length: 800 }, (_, at) => `${" ".repeat(at)}a:\n`).join(""), /50 deep/],
  ["dashes on one line", "yaml11", `a:\n  ${"- ".repeat(100_000)}x\n`, /50 deep/],
  ["brackets in JSON", "json", `{"a":${"[".repeat(400_000)}`, /50 deep/],
  ["braces in JSON", "json", '{"a":'.repeat(100_000), /50 deep/],
  ["more values than we edit", "yaml11", `a: [${"x, ".repeat(70_000)}]\n`, /60,000 values/],
  ["more values than we edit, in JSON", "json", `[${"1,".repeat(70_000)}1]`, /60,000 values/],
  ["more text than we read", "yaml11", `# ${"x".repeat(limits.characters)}\n`, /1,000,000 characters/],
  ["more text than we read, in JSON", "json", `{"a":"${"x".repeat(limits.characters)}"}`, /1,000,000 characters/],
]

for (const [name, dialect, text, told] of beyond) {
  test(`${name} (${dialect}) are refused by name, at once`, () => {
    const start = process.cpuUsage()
    const found = problems(text, dialect)
    assert.ok(
      found.some((problem) => told.test(problem.text)),
      JSON.stringify(found.slice(0, 3)),
    )
    assert.throws(() => plan(text, dialect, [{ path: "a", value: 1 }]), UnusableDocument)
    assert.ok(process.cpuUsage(start).user < 4_000_000)
  })
}

test("of many problems the first twenty are told, and the rest is counted", () => {
  const found = problems("a: 1\n".repeat(1000), "yaml11")
  assert.equal(found.length, limits.problems + 1)
  assert.deepEqual(found.at(-1), { line: 22, column: 1, text: "and 979 more from here on" })
})

test("a page of HTML in the place of homeserver.yaml is given up within seconds, however long", () => {
  const known = `server_name: x\n${Array.from({ length: 50 }, (_, at) => `key_${at}: value\n`).join("")}`
  for (const lines of [50, 400, 5_000]) {
    const start = performance.now()
    mend(
      known,
      `<html>\n${Array.from({ length: lines }, (_, at) => `<p id="${at}">a: & b</p>\n`).join("")}</html>\n`,
      "yaml11",
      [],
    )
    assert.ok(performance.now() - start < 2 * limits.repairMilliseconds, `${lines} lines`)
  }
})
