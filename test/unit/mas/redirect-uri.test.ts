import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { readRedirectUri } from "../../../components/mas/redirect-uri.ts"

/** As written, as MAS stores it (seen with MAS 1.22 for the ones without wildcard). */
const stored: readonly (readonly [string, string])[] = [
  ["https://element.example.org/", "https://element.example.org/"],
  ["https://element.example.org", "https://element.example.org/"],
  ["https://a.example:443/cb", "https://a.example/cb"],
  ["HTTPS://EX.example/a b", "https://ex.example/a%20b"],
  ["http://127.0.0.1", "http://127.0.0.1/"],
  ["io.element:/x", "io.element:/x"],
  ["matrix-client-android://callback", "matrix-client-android://callback"],
  ["https://x.example/?no_universal_links=true", "https://x.example/?no_universal_links=true"],
]

for (const [written, uri] of stored) {
  test(`${written} is stored as ${uri}, without a word about it`, () => {
    assert.deepEqual(readRedirectUri(written), { uri })
  })
}

const anyPort: readonly (readonly [string, string])[] = [
  ["http://127.0.0.1:*/", "http://127.0.0.1/"],
  ["http://127.0.0.1:*", "http://127.0.0.1/"],
  ["http://localhost:*/callback", "http://localhost/callback"],
  ["http://[::1]:*/callback?a=b", "http://[::1]/callback?a=b"],
  ["http://127.0.0.1:0/callback", "http://127.0.0.1/callback"],
  ["http://127.0.0.1:{port}/callback", "http://127.0.0.1/callback"],
  ["http://localhost:<port>/", "http://localhost/"],
  ["http://LOCALHOST:PORT/", "http://localhost/"],
]

for (const [written, uri] of anyPort) {
  test(`${written}, "any port", is mended to the form without one, and people are told`, () => {
    const reading = readRedirectUri(written)
    assert.ok("uri" in reading)
    assert.equal(reading.uri, uri)
    assert.ok(reading.note?.includes(written) && reading.note.includes("accepts every port"), reading.note)
  })
}

const refused: readonly (readonly [string, string])[] = [
  ["https://x.example/#/callback", "no fragment"],
  ["https://x.example/#", "no fragment"],
  ["http://127.0.0.1:*/#", "no fragment"],
  ["https://*.example.org/", "no wildcards"],
  ["https://x.example/*", "no wildcards"],
  ["https://x.example:*/", "no wildcards"],
  ["http://127.0.0.1:*/*", "no wildcards"],
  ["http://127.0.0.1.evil.example:*/", "no wildcards"],
  ["/callback", "no absolute URL"],
  ["nonsense", "no absolute URL"],
  ["http://127.0.0.1:99999/", "no absolute URL"],
  ["javascript:alert(1)", "leads to no application"],
  ["data:text/html,x", "leads to no application"],
  ["https://user:hunter2@x.example/", "user name or password"],
]

for (const [written, why] of refused) {
  test(`${written} is refused: ${why}`, () => {
    const reading = readRedirectUri(written)
    assert.ok("why" in reading)
    assert.ok(reading.why.includes(why), reading.why)
  })
}

test("a loopback redirect with a port is kept, with a word about what it means", () => {
  const reading = readRedirectUri("http://127.0.0.1:8080/cb")
  assert.ok("uri" in reading)
  assert.equal(reading.uri, "http://127.0.0.1:8080/cb")
  assert.match(reading.note ?? "", /port 8080 only/)
})

test("plain http to another machine is kept, with a warning", () => {
  const reading = readRedirectUri("http://intranet.example/cb")
  assert.ok("uri" in reading)
  assert.match(reading.note ?? "", /in the clear/)
})

test("what was read once reads the same again", () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true }), (written) => {
      const once = readRedirectUri(written)
      if ("why" in once) return
      const again = readRedirectUri(once.uri)
      assert.ok("uri" in again)
      assert.equal(again.uri, once.uri)
    }),
  )
})
