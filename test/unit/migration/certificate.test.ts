import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type Certificate,
  findGaps,
  readCertificate,
  type ToBeRehearsed,
} from "../../../components/migration/certificate.ts"
import { digestOfProgram } from "../../../components/migration/certificate-program.ts"
import { digestOfSettings, settingsThatMatter } from "../../../components/migration/certificate-settings.ts"

const page = "client with authMethod none that comes back to a page"
const lines = [page, "takeOver oidc_providers"]

const certificate: Certificate = {
  format: 1,
  at: "2026-11-01T00:00:00.000Z",
  program: { digest: "a".repeat(64), commit: null, isDirty: false },
  versions: { synapse: "1.163.2", mas: "1.22.0" },
  settings: { digest: digestOfSettings(lines), lines },
  images: {},
  standIns: [],
  proven: [],
  steps: [],
}

const wanted: ToBeRehearsed = {
  versions: certificate.versions,
  program: certificate.program.digest,
  settings: lines,
  maxAgeDays: 30,
  now: new Date("2026-11-24T00:00:00.000Z"),
}

test("a certificate of just this leaves nothing open", () => {
  assert.deepEqual(findGaps(certificate, wanted), [])
})

test("a rehearsal that tried more settings has tried these too", () => {
  assert.deepEqual(findGaps(certificate, { ...wanted, settings: [page] }), [])
})

const gaps: readonly { readonly title: string; readonly wanted: Partial<ToBeRehearsed>; readonly says: RegExp }[] = [
  {
    title: "another Synapse",
    wanted: { versions: { synapse: "1.164.0", mas: "1.22.0" } },
    says: /^Synapse: rehearsed 1\.163\.2, here it is 1\.164\.0$/,
  },
  {
    title: "another MAS",
    wanted: { versions: { synapse: "1.163.2", mas: "1.21.0" } },
    says: /^MAS: rehearsed 1\.22\.0, here it is 1\.21\.0$/,
  },
  {
    title: "other code of this program",
    wanted: { program: "b".repeat(64) },
    says: /^this program .*: rehearsed aaaaaaaaaaaa, here it is bbbbbbbbbbbb$/,
  },
  {
    title: "a setting that was not rehearsed",
    wanted: { settings: [...lines, "takeOver user_consent"] },
    says: /^not rehearsed: takeOver user_consent$/,
  },
  { title: "too old", wanted: { maxAgeDays: 7 }, says: /^it is 23 days old; at most 7 / },
  { title: "of a time to come", wanted: { now: new Date("2026-10-01T00:00:00.000Z") }, says: /yet to come/ },
]

for (const { title, wanted: change, says } of gaps) {
  test(`a certificate does not fit: ${title}`, () => {
    const found = findGaps(certificate, { ...wanted, ...change })
    assert.equal(found.length, 1)
    assert.match(found[0] ?? "", says)
  })
}

test("all that does not fit is told at once", () => {
  const versions = { synapse: "1.164.0", mas: "1.21.0" }
  const found = findGaps(certificate, { ...wanted, versions, program: "b", settings: ["x", "y"], maxAgeDays: 1 })
  assert.equal(found.length, 6)
})

test("what was written is read again", () => {
  assert.deepEqual(readCertificate(JSON.stringify(certificate)), certificate)
})

test("settings that were added by hand are seen", () => {
  const edited = { ...certificate, settings: { ...certificate.settings, lines: [...lines, "takeOver user_consent"] } }
  assert.deepEqual(readCertificate(JSON.stringify(edited)), {
    why: "its settings do not fit their digest: it was edited by hand",
  })
})

test("what is no certificate is told as that, with the place", () => {
  const texts = [
    "",
    "[]",
    "{}",
    JSON.stringify({ ...certificate, format: 2 }),
    JSON.stringify({ ...certificate, at: "1" }),
  ]
  for (const text of texts) assert.match(JSON.stringify(readCertificate(text)), /no certificate of format 1 \(.+\)/)
})

test("names, addresses and secrets of clients do not matter; how they prove themselves and where they come back to do", () => {
  const clients = [
    { authMethod: "none", redirectUris: ["https://element.example.org/", "https://element.example.com/"] },
    { authMethod: "none", redirectUris: ["https://other.example.org/callback", "http://127.0.0.1:8080/"] },
    { authMethod: "none", redirectUris: ["http://127.0.0.1/", "http://[::1]/"] },
    { authMethod: "none", redirectUris: ["org.example.app:/callback"] },
    { authMethod: "client_secret_basic", redirectUris: [] },
  ]
  assert.deepEqual(settingsThatMatter({ synapse: { takeOver: ["oidc_providers"] }, clients }), [
    "client with authMethod client_secret_basic that comes back to nowhere",
    "client with authMethod none that comes back to a page",
    "client with authMethod none that comes back to an app",
    "client with authMethod none that comes back to any port of one's own machine",
    "takeOver oidc_providers",
  ])
})

test("log-in by QR code matters, its address does not", () => {
  const qrCodeEndpoint = "https://auth.example.org/rendezvous"
  assert.deepEqual(settingsThatMatter({ synapse: { takeOver: [], qrCodeEndpoint }, clients: [] }), ["qrCodeEndpoint"])
})

test("the same program has the same digest each time", async () => {
  const digest = await digestOfProgram()
  assert.match(digest, /^[0-9a-f]{64}$/)
  assert.equal(await digestOfProgram(), digest)
})
