import assert from "node:assert/strict"
import { hash } from "node:crypto"
import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { localHost as host } from "../../../components/host/local-host.ts"
import { demandEvidence, keepEvidence, objectionTo } from "../../../components/migration/evidence.ts"
import { quoted } from "../../../components/report/quoted.ts"
import { refusal, temporaryFolder } from "../host/scenery.ts"

const held = { users: { count: 21, digest: "a" }, sessions: { count: 41, digest: "b" } }
const everyKind = async () => {
  const { holdingKinds } = await import("../../../components/migration/holdings.ts")
  return Object.fromEntries(holdingKinds.map(({ name }) => [name, { count: 1, digest: name }]))
}

test("what was tried is kept on both sides, for its owner only, under the digests that are told", async (t) => {
  const folder = await temporaryFolder(t)
  const places = { stateFolder: join(folder, "host"), copyTo: join(folder, "here"), maxAgeSeconds: 60 }
  const printed = { "syn2mas-check.log": "all is well with alice@example.org\n" }
  const { files, takenAt } = await keepEvidence(host, places, { held, printed })
  assert.deepEqual(Object.keys(files).sort(), ["holdings.json", "syn2mas-check.log"])
  for (const root of [join(folder, "host/evidence"), join(folder, "here")]) {
    const [time = ""] = await readdir(root)
    assert.equal(time, takenAt.replaceAll(/[-:]|\.\d+/g, ""))
    for (const [name, digest] of Object.entries(files)) {
      const path = join(root, time, name)
      assert.equal(hash("sha256", await readFile(path)), digest)
      assert.equal((await stat(path)).mode & 0o777, 0o600)
      assert.ok(!(await readFile(path, "utf8")).includes("alice@example.org"))
    }
  }
})

test("the newest ten are kept, and nothing of somebody else's is taken away", async (t) => {
  const folder = await temporaryFolder(t)
  const places = { stateFolder: folder, copyTo: join(folder, "here"), maxAgeSeconds: 60 }
  for (let day = 10; day < 22; day += 1) {
    await host.write(join(folder, `evidence/202611${day}T020000Z/x.log`), "", { mode: 0o600 })
  }
  await host.write(join(folder, "evidence/mine/x.log"), "", { mode: 0o600 })
  await keepEvidence(host, places, { held, printed: {} })
  const names = (await readdir(join(folder, "evidence"))).sort()
  assert.equal(names.length, 11)
  assert.equal(names[0], "20261113T020000Z")
  assert.ok(names.includes("mine"))
})

test("evidence counts for just the data that it is of, and not for ever", async () => {
  const all = await everyKind()
  const evidence = { takenAt: "2026-11-24T02:00:00Z", files: {}, held: all }
  const at = (time: string) => ({ maxAgeSeconds: 3600, now: new Date(time) })
  assert.equal(objectionTo(evidence, { held: all, ...at("2026-11-24T02:30:00Z") }), undefined)
  assert.match(objectionTo(evidence, { held: all, ...at("2026-11-24T03:00:01Z") }) ?? "", /old, and 1 h 00 min/)
  const other = { ...all, sessions: { count: 1, digest: "another" } }
  const by = { held: other, ...at("2026-11-24T02:30:00Z") }
  assert.match(objectionTo(evidence, by) ?? "", /other data: sessions differ/)
  await refusal(
    Promise.resolve().then(() => demandEvidence(host, evidence, by)),
    "migration/evidence-does-not-hold",
  )
})

test("nothing secret and nobody's address is kept", () => {
  const secrets = {
    "postgresql://synapse:hunter2@postgres:5432/synapse": /hunter2/,
    "hash $2b$12$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvabcdefghijk is not": /abcdefghijklm/,
    "token syt_YWxpY2U_AbCdEfGh_1x2y3z for": /AbCdEfGh/,
    "token mct_AbCdEfGhIjKl_123456 for": /AbCdEfGhIjKl/,
    "e-mail carol@example.org of": /carol@/,
    "phone 491701234567 of": /491701234567/,
    'password: "pässword"': /pässword/,
    "matrix_secret=s3cr3t,": /s3cr3t/,
    "guest MDAxOGxvY2F0aW9uIHN0YWdpbmcubG9jYWxob3N0": /MDAxOGxv/,
  }
  for (const [text, secret] of Object.entries(secrets)) assert.doesNotMatch(quoted(text), secret)
  const harmless = "21 users, 41 access tokens, @alice:example.org on device ABCDEFGHIJ in 0.3 s"
  assert.equal(quoted(harmless), harmless)
})
