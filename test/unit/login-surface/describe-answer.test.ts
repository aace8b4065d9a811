import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { describeAnswer } from "../../../components/login-surface/describe-answer.ts"
import { propertyRuns } from "../property-runs.ts"

const runs = propertyRuns(200)

test("an answer is told by status, type, where it redirects to, and its first words", () => {
  const headers = { "content-type": "text/html; charset=utf-8" }
  const page = "<!DOCTYPE html><style>p { color: red }</style><title>404</title><p>Not   found\n</p><!-- nginx -->"
  assert.equal(
    describeAnswer({ status: 404, headers, text: page }),
    'HTTP 404, text/html; charset=utf-8: "404 Not found"',
  )
  assert.equal(describeAnswer({ status: 204, headers: {}, text: "" }), "HTTP 204, nothing in it")
  const moved = { location: "https://example.org/a?code=1#x" }
  assert.equal(
    describeAnswer({ status: 302, headers: moved, text: "" }),
    "HTTP 302, to https://example.org/a, nothing in it",
  )
  const long = describeAnswer({ status: 500, headers: {}, text: "word ".repeat(100) })
  assert.equal(long, `HTTP 500: "${"word ".repeat(12)}…"`)
})

test("neither what may be a secret nor what a terminal or a CI runner obeys is shown, wherever it stands", () => {
  const secrets = fc.constantFrom(
    "mct_abcdefghijklmnopqrstuvwxyz0123_456789",
    "syt_YWxpY2U_abcdefghijklmnopqrst_012345",
    "3f2504e04f8911d39a0c0305e82c3301",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc123",
  )
  const around = fc.constantFrom(
    "",
    " ",
    "<p>",
    "token=",
    '"secret": "',
    "Bearer ",
    "\u001b[31m",
    "\r\n::warning::",
    "?code=",
  )
  const parts = fc.array(fc.oneof(around, secrets, fc.string({ unit: "binary", maxLength: 20 })), { maxLength: 12 })
  const found = fc.property(parts, parts, parts, (type, location, body) => {
    const headers = { "content-type": type.join(""), location: location.join("") }
    const told = describeAnswer({ status: 200, headers, text: body.join("") })
    assert.doesNotMatch(told, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|::/u)
    assert.doesNotMatch(told, /abcdefghijklmnop|4f8911d39a0c|eyJzdWI/)
    assert.ok(told.length < 800)
  })
  fc.assert(found, { numRuns: runs })
})

test("the largest page is told at once", () => {
  const begin = performance.now()
  for (const text of [
    "<".repeat(1e6),
    "<!--".repeat(250_000),
    "<script ".repeat(125_000),
    "a".repeat(1e6),
    " ".repeat(1e6),
  ])
    describeAnswer({ status: 200, headers: {}, text })
  assert.ok(performance.now() - begin < 2000)
})
