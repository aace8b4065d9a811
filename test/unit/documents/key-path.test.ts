import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { type KeyPath, parseKeyPath, printKeyPath } from "../../../components/documents/key-path.ts"

const written: readonly [string, KeyPath][] = [
  ["matrix_authentication_service.enabled", ["matrix_authentication_service", "enabled"]],
  ['["org.matrix.msc2965.authentication"].issuer', ["org.matrix.msc2965.authentication", "issuer"]],
  ['oidc_static_clients["https://auth.example.org/"]', ["oidc_static_clients", "https://auth.example.org/"]],
  ["clients[client_id=01ABC].redirect_uris", ["clients", { by: "client_id", is: "01ABC" }, "redirect_uris"]],
  ['clients[client_id="a]b"]', ["clients", { by: "client_id", is: "a]b" }]],
]

for (const [text, path] of written) {
  test(`the path ${text} is read and printed as it is written`, () => {
    assert.deepEqual(parseKeyPath(text), path)
    assert.equal(printKeyPath(path), text)
  })
}

test("any path is read as it was printed", () => {
  const name = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("a", "a.b", '"', "\\", "]", "=", ""))
  const identity = fc.record({ by: fc.stringMatching(/^[\w-]+$/), is: name })
  fc.assert(
    fc.property(fc.array(fc.oneof(name, identity), { minLength: 1 }), (path) => {
      assert.deepEqual(
        parseKeyPath(printKeyPath(path)),
        path.map((step) => (typeof step === "string" ? step : { ...step })),
      )
    }),
  )
})

for (const text of ["", ".", "a.", ".a", "a..b", "a b", "[a]", 'a["b]', "a[b=", 'a["\\x"]', "a[0]"]) {
  test(`${JSON.stringify(text)} is refused as a path`, () => {
    assert.throws(() => parseKeyPath(text), SyntaxError)
  })
}
