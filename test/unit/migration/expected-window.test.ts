import assert from "node:assert/strict"
import { test } from "node:test"
import { expectWindow } from "../../../components/migration/expected-window.ts"

test("before anything was tried, nobody guesses how long the window is", () => {
  assert.match(expectWindow({}), /known after the first dry-run/)
})

test("after a dry-run the migration counts as long as that, stops and starts as those of MAS", () => {
  const times = { "dry-run": 30, "stop-mas-to-rehearse": 2, "start-mas-after-rehearsal": 4 }
  assert.equal(
    expectWindow(times),
    "nobody will be served for about 48 s: the migration takes 30 s, as long as its dry-run here",
  )
})

test("what was measured in a window counts more than what is like it", () => {
  const times = { "dry-run": 30, migrate: 20, "stop-synapse": 1, "stop-mas": 1, "restart-synapse": 5, compare: 1 }
  assert.equal(expectWindow(times), "nobody will be served for about 28 s: the migration takes 20 s, as the last time")
})
