import assert from "node:assert/strict"
import { test } from "node:test"
import { describeError } from "../../../components/report/describe-error.ts"
import { GatheredRefusals } from "../../../components/report/gathering.ts"
import { Refusal, type RefusalParts } from "../../../components/report/refusal.ts"

const parts: RefusalParts = {
  code: "host/file-missing",
  what: "There is no file /srv/homeserver.yaml",
  where: { host: "vps", file: "/srv/homeserver.yaml", keyPath: "matrix.secret" },
  meaning: "Nothing was changed.",
  next: "Check the path.",
}
const text = [
  "There is no file /srv/homeserver.yaml (host/file-missing).",
  "Where: host vps, /srv/homeserver.yaml, key matrix.secret.",
  "Meaning: Nothing was changed.",
  "Next: Check the path.",
].join("\n")

test("a refusal is shown in its four parts, without stack and without what a library said", () => {
  assert.equal(describeError(new Refusal({ ...parts, cause: new Error("ENOENT hush") })), text)
})

test("a refusal that another one led to shows both", () => {
  const outer = new Refusal({ ...parts, what: "The backup failed", cause: new Refusal(parts) })
  assert.ok(describeError(outer).endsWith(`Because:\n  ${text.replaceAll("\n", "\n  ")}`))
})

test("several refusals are shown as several", () => {
  const several = new GatheredRefusals([new Refusal(parts), new Refusal(parts)])
  assert.equal(describeError(several), several.message)
})

test("anything else says that it is our bug, what to do with it, and where it happened, its causes included", () => {
  const description = describeError(new TypeError("x is undefined", { cause: new RangeError("deep down") }))
  for (const part of [
    /a bug of matrix-auth/,
    /^Next: report it/m,
    /TypeError: x is undefined/,
    /describe-error\.test\.ts/,
  ]) {
    assert.match(description, part)
  }
  assert.match(description, /caused by: RangeError: deep down/)
  assert.match(
    describeError(new AggregateError([new Error("first"), new Error("second")])),
    /one of them: Error: second/,
  )
})

test("whatever was thrown is shown somehow", () => {
  for (const thrown of ["text", undefined, null, 7, { odd: true }])
    assert.match(describeError(thrown), /thrown, though not an error/)
})
