import assert from "node:assert/strict"
import { test } from "node:test"
import { type ClientDescription, clientEntry } from "../../../components/mas/client-spec.ts"
import { Refusal } from "../../../components/report/refusal.ts"

const client: ClientDescription = {
  name: "element",
  id: "01GFWR28C4KNE04WG3HKXB7C9R",
  clientName: "Element Web",
  clientUri: "https://element.example.org/",
  authMethod: "none",
  redirectUris: ["https://element.example.org/"],
  credential: { kind: "none" },
}
const confidential: ClientDescription = { ...client, authMethod: "client_secret_basic", credential: { kind: "secret" } }

test("a public client is written as mas-cli writes one, key by key in its order", () => {
  const { entry, notes } = clientEntry(client, "mas-cli v1.22.0")
  const wanted = {
    client_id: "01GFWR28C4KNE04WG3HKXB7C9R",
    client_auth_method: "none",
    client_name: "Element Web",
    client_uri: "https://element.example.org/",
    redirect_uris: ["https://element.example.org/"],
  }
  assert.equal(JSON.stringify(entry), JSON.stringify(wanted))
  assert.deepEqual(notes, [])
})

test("a confidential client carries the secret that is handed over, before its redirect URIs", () => {
  const { entry } = clientEntry(confidential, "v1.22.0", "s3cret")
  assert.equal(entry.client_secret, "s3cret")
  assert.deepEqual(Object.keys(entry).slice(-2), ["client_secret", "redirect_uris"])
})

test("a secret that was not handed over is a bug, not an empty secret", () => {
  assert.throws(() => clientEntry(confidential, "v1.22.0"), /secret of client element was not handed over/)
})

test("a public client never carries a secret, even when one is handed over", () => {
  assert.ok(!JSON.stringify(clientEntry(client, "v1.22.0", "s3cret").entry).includes("s3cret"))
})

test("secret files and keys are named, not read", () => {
  const inFile = clientEntry({ ...confidential, credential: { kind: "secretFile", path: "/run/a" } }, "1.7.0").entry
  assert.equal(inFile.client_secret_file, "/run/a")
  const byKeys = {
    ...client,
    authMethod: "private_key_jwt",
    credential: { kind: "jwksUri", uri: "https://x/jwks" },
  } as const
  assert.equal(clientEntry(byKeys, "1.7.0").entry.jwks_uri, "https://x/jwks")
})

test("client_uri is left out before MAS 1.22.0, which would pass over it, and people are told", () => {
  const { entry, notes } = clientEntry(client, "v1.21.0")
  assert.equal("client_uri" in entry, false)
  assert.match(notes.join(), /does not know client_uri/)
  assert.equal("client_uri" in clientEntry(client, "v1.22.0").entry, true)
  assert.equal("client_uri" in clientEntry(client, "v2.0.0").entry, true)
})

test("client_name is left out before MAS 0.16.0", () => {
  assert.equal("client_name" in clientEntry(client, "0.15.0").entry, false)
  assert.equal("client_name" in clientEntry(client, "0.16.0").entry, true)
})

test("the site that people are sent back to is a client's home page, unless the config names one or there is no site", () => {
  const { clientUri: _, ...without } = client
  const pages = [
    [["https://chat.example.org/a/b?c=d", "http://127.0.0.1/"], "https://chat.example.org/"],
    [["http://127.0.0.1/", "https://chat.example.org:8443/x"], "https://chat.example.org:8443/"],
    [["http://127.0.0.1/"], undefined],
    [["matrix-client-android://callback"], undefined],
    [["https://"], undefined],
    [[], undefined],
  ] as const
  for (const [redirectUris, page] of pages) {
    assert.equal(clientEntry({ ...without, redirectUris }, "v1.22.0").entry.client_uri, page)
    assert.equal(clientEntry({ ...client, redirectUris }, "v1.22.0").entry.client_uri, client.clientUri)
  }
})

test("a client without a home page gets none, and no note about it", () => {
  const { clientUri: _, ...without } = client
  const { entry, notes } = clientEntry(without, "v1.21.0")
  assert.equal("client_uri" in entry, false)
  assert.deepEqual(notes, [])
})

test("a secret in a file is refused before MAS 1.7.0, with the version to go to", () => {
  const inFile = { ...confidential, credential: { kind: "secretFile", path: "/run/a" } } as const
  assert.throws(
    () => clientEntry(inFile, "v1.6.0"),
    (error) => error instanceof Refusal && error.code === "mas/too-old" && error.next.includes("1.7.0"),
  )
})

test("a version that reads as nothing counts as new: hand-built MAS names itself oddly", () => {
  const { entry } = clientEntry(client, "VERGEN_IDEMPOTENT_OUTPUT")
  assert.equal(entry.client_uri, client.clientUri)
})
