import assert from "node:assert/strict"
import { test } from "node:test"
import { errorLines, masError } from "../../../components/mas/mas-cli-output.ts"
import { recording } from "../../contract/cli/recorded.ts"

const failed = recording.calls.filter(({ exitCode, stderr = "" }) => exitCode === 1 && /^Error: /m.test(stderr))

function recorded(name: string): string {
  return recording.calls.find((call) => call.name === name)?.stderr ?? assert.fail(`no recorded call ${name}`)
}

test("every recorded error is told in MAS's own words, without log lines and times before it", () => {
  assert.ok(failed.length >= 15)
  for (const { name, stderr = "" } of failed) {
    const text = masError(stderr)
    assert.ok(stderr.trimEnd().endsWith(text), name)
    assert.doesNotMatch(text, /^Error|<time>|\bINFO\b/, name)
  }
})

test("what caused it belongs to it", () => {
  const text = masError(recorded("config sync: database refuses the password"))
  assert.equal(text.split("\n")[0], "could not connect to the database")
  assert.match(text, /Caused by:[\s\S]*password authentication failed for user "m"$/)
})

test("a cause that is called an error itself does not cut off what stands before it", () => {
  const text = "could not read the file\n\nCaused by:\n    0: ParseError: expected a map\n    1: Error: end of file"
  assert.equal(masError(`<time>  INFO mas_cli:1 Error: none so far\nError: ${text}\n`), text)
})

test("a backtrace, as RUST_BACKTRACE=1 makes it, is no part of it", () => {
  const trace = "\nStack backtrace:\n   0: anyhow::error::<impl anyhow::Error>::msg\n   1: mas_cli::main\n"
  for (const { stderr = "" } of failed) {
    assert.equal(masError(`${stderr}${trace}`), masError(stderr))
    assert.equal(masError(`${stderr.trimEnd()}\n${trace}`), masError(stderr))
  }
})

test("an error that was only logged is told without time, level and place", () => {
  assert.equal(masError(recorded("manage set-password: weak")), "That password is too weak.")
  assert.equal(
    masError(recorded("syn2mas check: no homeserver.yaml given")),
    "Please specify the path to the Synapse configuration file(s).",
  )
})

test("the last of several errors counts, as of a run that went on after the first", () => {
  const text = "<time> ERROR mas_cli:1 first\n<time> ERROR mas_cli:2 second\n"
  assert.equal(masError(text), "second")
  assert.equal(masError(`${text}Error: third\n`), "third")
})

test("what is no error of a known form is told whole, and silence says so", () => {
  assert.equal(masError("error: unexpected argument '--x' found\n"), "error: unexpected argument '--x' found")
  assert.equal(masError(""), "it said nothing")
  assert.equal(masError(" \n"), "it said nothing")
})

test("a log's errors are its ERROR lines and panics, not words that sound like it", () => {
  const log = [
    "2026-11-24T02:00:00.000000Z  INFO mas_cli::server:1 ERROR is a word",
    "2026-11-24T02:00:01.000000Z ERROR mas_matrix_synapse::modern:237 error=Unexpected HTTP response",
    "2026-11-24T02:00:02.000000Z  WARN mas_http:1 panicked? no",
    "thread 'main' panicked at crates/cli/src/main.rs:1:1:",
    "",
  ]
  assert.deepEqual(errorLines(log.join("\n")), [log[1], log[3]])
  assert.deepEqual(errorLines(""), [])
})

test("a log of real traffic, refused log-ins among it, has no errors", async () => {
  const { recordedLog } = await import("../../contract/http/recorded.ts")
  assert.deepEqual(errorLines((await recordedLog()).join("\n")), [])
})
