import assert from "node:assert/strict"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import fc from "fast-check"
import { asTable } from "../../../components/drift/as-table.ts"
import type { DriftReport, FoundItem } from "../../../components/drift/drift-report.ts"
import { showKeys } from "../../../components/files/managed-keys.ts"
import { describeError } from "../../../components/report/describe-error.ts"
import type { ProgressEvent } from "../../../components/report/progress.ts"
import { jsonSink, plainSink, terminalSink } from "../../../components/report/progress-sinks.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { inOneLine, visible, visibleJson } from "../../../components/report/visible.ts"
import { propertyRuns } from "../property-runs.ts"

const numRuns = propertyRuns(300)

/** Texts of others at their worst: commands of runners, sequences of terminals, between what is harmless. */
const pieces = [
  "::",
  ":",
  "##[",
  "##vso[",
  "#",
  "\u001b[2J",
  "\u009b31m",
  "\r",
  "\n",
  "\t",
  " ",
  "\u202e",
  "\u2028",
  "\0",
  "set-env",
  "é",
  "a",
  "│",
]
const nasty = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(""))

/** What a terminal or a runner would obey in a text that is printed. */
function obeyed(text: string): readonly string[] {
  const commands = text
    .split(/[\n\r\u2028\u2029\u0085\v\f]/)
    .filter((line) => /^::|##(\[|vso\[)/i.test(line.trimStart()))
  const control = text.match(/[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]--[\n\t]]/gv) ?? []
  return [...commands, ...control]
}

function holds(check: (text: string) => string): void {
  fc.assert(
    fc.property(nasty, (text) => assert.deepEqual(obeyed(check(text)), [])),
    {
      numRuns,
      examples: [["::stop-commands::x"], [" \t::set-output name=x::y"], ["a\n\n ::error::b"], ["x ##[add-mask]y"]],
    },
  )
}

test("what is written in somebody's values stands there to be read, and nothing obeys it", () => {
  holds(visible)
  holds(inOneLine)
  assert.equal(visible("plain: text\n\twith :: in it # and ünïcode\n"), "plain: text\n\twith :: in it # and ünïcode\n")
})

test("JSON stays what it was, and has nothing in it that obeys", () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const printed = visibleJson({ text, [text]: [text] }, 2)
      assert.deepEqual(obeyed(printed), [])
      assert.deepEqual(JSON.parse(printed), { text, [text]: [text] })
    }),
    { numRuns },
  )
})

test("errors of ours and of others are told so, whatever is in their parts", () => {
  holds((text) => {
    const where = { file: text, keyPath: text, container: text, database: text, url: text }
    return describeError(new Refusal({ code: "host/file-missing", what: text, where, meaning: text, next: text }))
  })
  holds((text) => describeError(new Error(text, { cause: text })))
  holds((text) => describeError(text))
})

test("progress is told so, on a terminal, in a log, and as JSON", () => {
  holds((text) => {
    const lines: string[] = []
    const events: ProgressEvent[] = [
      { kind: "detail", text, path: [text], elapsedSeconds: 1 },
      { kind: "begun", path: [text], elapsedSeconds: 1 },
    ]
    const terminal = { isTTY: true, columns: 400, write: (line: string) => lines.push(line.replace("\r\u001b[2K", "")) }
    for (const sink of [
      plainSink((line) => lines.push(line)),
      jsonSink((line) => lines.push(line)),
      terminalSink(terminal),
    ])
      for (const event of events) sink(event)
    return lines.join("\n")
  })
})

test("a table breaks no long value where its next line would be obeyed", () => {
  fc.assert(
    fc.property(nasty, fc.nat(45), (text, pad) => {
      const value = inOneLine(`${"x".repeat(pad)}${text}${"::set-env name=a::b ".repeat(3)}`)
      const where = { resource: value, file: value, keyPath: value }
      const items: FoundItem[] = [{ kind: "key", where, live: value, wanted: value, found: "drift" }]
      const about = { stack: "test", outcome: "drift", exitCode: 2, begunAt: "", seconds: 1, resources: 1 } as const
      const report: DriftReport = { ...about, items, follows: [], remarks: [], troubles: [] }
      const printed = visible(asTable(report))
      assert.deepEqual(obeyed(printed), [])
    }),
    { numRuns },
  )
})

test("managed values, which the engine prints by itself, are told so", () => {
  holds((text) => {
    const shown = showKeys(["key"], { key: { list: [text], text } }, []).key as { list: string[]; text: string }
    return [...shown.list, shown.text].join("\n")
  })
})

test("nothing is printed past that place", async () => {
  const components = join(import.meta.dirname, "../../../components")
  const files = (await readdir(components, { recursive: true })).filter((file) => file.endsWith(".ts"))
  // A program for Synapse's Python, whose output is read and not shown.
  const ours = files.filter((file) => file !== "synapse/start-probe.ts")
  const past: string[] = []
  for (const file of ours) {
    const text = await readFile(join(components, file), "utf8")
    for (const line of text.split("\n")) {
      const isOutput =
        /std(out|err)\.write\(|console\.\w+\(|\blog\.(info|warn|error|debug)\(|\.setMessage\(|new RunError\(/.test(line)
      if (isOutput && !/visible(Json)?\(|jsonSink\(|describeError\(/.test(line)) past.push(`${file}: ${line.trim()}`)
    }
  }
  assert.deepEqual(past, [])
})
