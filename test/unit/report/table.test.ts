import assert from "node:assert/strict"
import { test } from "node:test"
import { formatDuration } from "../../../components/report/durations.ts"
import { renderTable } from "../../../components/report/table.ts"

test("a table has columns as wide as their widest cell, numbers to the right, and no space at a line's end", () => {
  const rows = [
    ["users", "21", "equal"],
    ["access tokens", "1041", "differ:\n@zoë:example.org"],
    ["", "", ""],
  ]
  assert.equal(
    renderTable(["what", "count", ""], rows, { right: [1] }),
    [
      "what           count",
      "-------------  -----  ----------------",
      "users             21  equal",
      "access tokens   1041  differ:",
      "                      @zoë:example.org",
      "",
    ].join("\n"),
  )
})

test("a table of no rows is its head", () => {
  assert.equal(renderTable(["a", "bc"], []), "a  bc\n-  --")
})

test("durations read as people say them, and never as 60 seconds or 60 minutes", () => {
  const cases = [
    [0, "0.0 s"],
    [-1, "0.0 s"],
    [0.44, "0.4 s"],
    [9.94, "9.9 s"],
    [9.96, "10 s"],
    [59.4, "59 s"],
    [59.6, "1 min 00 s"],
    [125, "2 min 05 s"],
    [3599.7, "1 h 00 min"],
    [3725, "1 h 02 min"],
    [100_000, "27 h 46 min"],
  ] as const
  for (const [seconds, text] of cases) assert.equal(formatDuration(seconds), text)
})
