import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { run } from "node:test"
import { spec } from "node:test/reporters"
import { checkout } from "./tests.ts"

/**
 * Runs test files in the order given, which `node --test` would sort: `runner.ts COUNTS CONCURRENCY FILE…`. Appends a line of JSON to the
 * file COUNTS for each that has ended.
 */
const [counts = "", concurrency = "1", ...files] = process.argv.slice(2)
const ending = new AbortController()
const events = run({
  files: files.map((file) => join(checkout, file)),
  concurrency: Number(concurrency),
  signal: ending.signal,
})

// A test file that is asked to end takes its lab down: none may go on without us.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    process.exitCode = 1
    ending.abort()
  })
}

events.on("test:summary", ({ file, success, counts: { tests, passed, skipped, todo }, duration_ms }) => {
  if (!success) process.exitCode = 1
  if (file === undefined) return
  const result = { file, passed, failed: tests - passed - skipped - todo, skipped, seconds: duration_ms / 1000 }
  appendFileSync(counts, `${JSON.stringify(result)}\n`)
})
events.compose(spec).pipe(process.stdout)
