import assert from "node:assert/strict"
import { test } from "node:test"
import { createProgress, type Progress } from "../../../components/report/progress.ts"
import { jsonSink, plainSink, type Terminal, terminalSink } from "../../../components/report/progress-sinks.ts"

/** Some work of a few steps, by a clock of its own. */
async function work(progressOf: (now: () => number) => Progress): Promise<void> {
  let seconds = 0
  const progress = progressOf(() => seconds * 1000)
  await progress.step("cutover", async (cutover) => {
    cutover.detail("21 users, 41 tokens")
    await cutover.step("migrate", async (migrate) => {
      migrate.waiting("mas to be healthy", 60)
      seconds += 3
      migrate.waiting("mas to be healthy", 60)
      seconds += 3
      migrate.count(7, 21, "users")
      seconds += 12
      migrate.count(21, 21, "users")
    })
    const failing = cutover.step("compare", async () => {
      seconds += 2
      throw new Error("they differ")
    })
    await assert.rejects(failing, /they differ/)
  })
}

test("without a terminal each thing is a line, indented by its step, and a repeated wait is not repeated at once", async () => {
  const lines: string[] = []
  await work((now) =>
    createProgress(
      plainSink((line) => lines.push(line)),
      now,
    ),
  )
  assert.deepEqual(lines, [
    "cutover …",
    "  21 users, 41 tokens",
    "  migrate …",
    "    waiting for mas to be healthy (0.0 s of at most 1 min 00 s)",
    "    7 of 21 users, about 12 s left",
    "    21 of 21 users",
    "  migrate: done in 18 s",
    "  compare …",
    "  compare: failed after 2.0 s",
    "cutover: done in 20 s",
  ])
})

test("a wait that goes on is told again after a while, with how long it has lasted", async () => {
  const lines: string[] = []
  let now = 0
  const progress = createProgress(
    plainSink((line) => lines.push(line)),
    () => now,
  )
  for (now = 0; now <= 25_000; now += 500) progress.waiting("synapse", 300)
  assert.deepEqual(lines, [
    "waiting for synapse (0.0 s of at most 5 min 00 s)",
    "waiting for synapse (10 s of at most 5 min 00 s)",
    "waiting for synapse (20 s of at most 5 min 00 s)",
  ])
})

test("as JSON every event is one object on one line", async () => {
  const lines: string[] = []
  await work((now) =>
    createProgress(
      jsonSink((line) => lines.push(line)),
      now,
    ),
  )
  assert.equal(lines.length, 11)
  assert.deepEqual(JSON.parse(lines[5] ?? ""), {
    kind: "count",
    done: 7,
    total: 21,
    unit: "users",
    path: ["cutover", "migrate"],
    elapsedSeconds: 6,
  })
  for (const line of lines) assert.doesNotMatch(line, /\n/)
})

test("on a terminal one live line changes, ends stay, and no line is wider than the terminal", async () => {
  let screen = ""
  const terminal: Terminal = { isTTY: true, columns: 30, write: (text) => (screen += text) }
  await work((now) => createProgress(terminalSink(terminal), now))
  const writes = screen.split("\r\x1b[2K").slice(1)
  assert.deepEqual(
    writes.filter((text) => text.endsWith("\n")),
    ["  migrate: done in 18 s\n", "  compare: failed after 2.0 s\n", "cutover: done in 20 s\n"],
  )
  for (const text of writes) if (!text.endsWith("\n")) assert.ok(text.length < 30, text)
  screen = ""
  await work((now) => createProgress(terminalSink({ ...terminal, isTTY: false }), now))
  assert.ok(!screen.includes("\r"))
})
