import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { chmod, readdir, readFile, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { test } from "node:test"
import { absent } from "../../../components/documents/json-value.ts"
import { asBeforePath } from "../../../components/files/as-before.ts"
import { readKept, writeKept } from "../../../components/files/kept.ts"
import { makeChange, planChange, readDocument, readKey } from "../../../components/files/managed-file.ts"
import type { WantedKey } from "../../../components/files/managed-keys.ts"
import { source } from "../documents/source.ts"
import { refusal } from "../host/scenery.ts"
import { host, type TestFile, testFile } from "./scenery.ts"

const homeserver = source`
  # Ours since 2019. Do not touch!
  server_name: "example.org"   # never changes
  password_config:
      enabled: true            # until MAS comes
      pepper: salt-and-p3pper
  oidc_providers:
    - idp_id: dex
      client_secret: 0f-the-provider
  listeners: [{port: 8008}]
`
const wanted: readonly WantedKey[] = [
  { path: "matrix_authentication_service.enabled", value: true },
  { path: "matrix_authentication_service.secret", value: "sh4red", secret: { right: "(set)", wrong: "(another)" } },
  { path: "password_config.enabled", value: false },
  { path: "oidc_providers", value: absent },
]

test("a plan writes nothing, neither to the document nor beside it", async (t) => {
  const file = await testFile(t, homeserver)
  const inode = await file.inode()
  const change = await planChange(host, file, wanted)
  assert.notEqual(change.after, change.before)
  assert.equal(await file.text(), homeserver)
  assert.equal(await file.inode(), inode)
  assert.deepEqual(await readdir(dirname(file.path)), ["document.yaml"])
})

test("a change makes the keys as wanted and touches no other byte", async (t) => {
  const file = await testFile(t, homeserver)
  assert.equal(await converge(file), true)
  const text = await file.text()
  const others = homeserver.split("\n").filter((line) => !/enabled|oidc|idp_id|client_secret/.test(line))
  for (const line of others) assert.ok(text.split("\n").includes(line), line)
  assert.deepEqual(await readDocument(host, file), {
    server_name: "example.org",
    password_config: { enabled: false, pepper: "salt-and-p3pper" },
    listeners: [{ port: 8008 }],
    matrix_authentication_service: { enabled: true, secret: "sh4red" },
  })
})

test("converging a second time writes nothing and says so", async (t) => {
  const file = await testFile(t, homeserver)
  await converge(file)
  const inode = await file.inode()
  assert.equal(await converge(file), false)
  assert.equal(await file.inode(), inode)
})

test("taking it all back gives every byte back, and nothing of ours is left", async (t) => {
  const file = await testFile(t, homeserver)
  await converge(file)
  assert.equal(await converge(file, []), true)
  assert.equal(await file.text(), homeserver)
  assert.equal(await file.keptText(), undefined)
  assert.equal(await converge(file, []), false)
})

test("the document without us lies ready to be copied over it by hand, others' edits included, until it is without us", async (t) => {
  const file = await testFile(t, homeserver)
  const ready = asBeforePath(file.keptAt)
  await converge(file)
  assert.equal(await readFile(ready, "utf8"), homeserver)
  assert.equal((await stat(ready)).mode & 0o777, 0o600)
  await file.edit("# never changes", "# never changed")
  await converge(file)
  assert.equal(await readFile(ready, "utf8"), homeserver.replace("# never changes", "# never changed"))
  await converge(file, [])
  assert.equal(existsSync(ready), false)
})

test("the document without us is there before the document is written", async (t) => {
  const file = await testFile(t, homeserver)
  const change = await planChange(host, file, wanted)
  await file.edit("# never changes", "# never changed")
  await refusal(makeChange(host, file, change), "host/file-changed")
  assert.equal(await readFile(asBeforePath(file.keptAt), "utf8"), homeserver)
})

test("what stood there is kept for root's eyes, whatever the folder", async (t) => {
  const file = await testFile(t, homeserver)
  await converge(file)
  assert.match((await file.keptText()) ?? "", /0f-the-provider/)
  assert.equal((await stat(file.keptAt)).mode & 0o777, 0o600)
  assert.equal((await stat(dirname(file.keptAt))).mode & 0o777, 0o700)
})

test("what stood there is kept before the document is written, so that a kill in between loses nothing", async (t) => {
  const file = await testFile(t, homeserver)
  const change = await planChange(host, file, wanted)
  await file.edit("# never changes", "# never changed")
  await refusal(makeChange(host, file, change), "host/file-changed")
  assert.match((await file.keptText()) ?? "", /0f-the-provider/)
})

test("killed before the document was written, the next run finishes, and the way back gives the bytes", async (t) => {
  const file = await testFile(t, homeserver)
  await writeKept(host, file.keptAt, (await planChange(host, file, wanted)).kept)
  assert.equal(await converge(file), true)
  await converge(file, [])
  assert.equal(await file.text(), homeserver)
  assert.equal(await file.keptText(), undefined)
})

test("killed before what was kept is removed, the next run removes it and leaves the document alone", async (t) => {
  const file = await testFile(t, homeserver)
  await converge(file)
  const kept = await readKept(host, file.keptAt)
  await converge(file, [])
  await writeKept(host, file.keptAt, kept)
  assert.equal(await converge(file, []), false)
  assert.equal(await file.text(), homeserver)
  assert.equal(await file.keptText(), undefined)
})

test("what others wrote elsewhere in the meantime survives the way back", async (t) => {
  const file = await testFile(t, homeserver)
  await converge(file)
  await file.edit("listeners: [{port: 8008}]", "listeners: [{port: 8008}, {port: 9000}]\nreport_stats: no # ever")
  await converge(file, [])
  const edited = homeserver.replace("[{port: 8008}]", "[{port: 8008}, {port: 9000}]\nreport_stats: no # ever")
  assert.equal(await file.text(), edited)
})

test("a key of ours that others changed in the meantime stays theirs on the way back, and is named", async (t) => {
  const file = await testFile(t, homeserver)
  await converge(file)
  await file.edit("enabled: false", "enabled: only_for_reauth")
  const change = await planChange(host, file, [])
  assert.deepEqual(change.left, [{ path: "password_config.enabled", hasNoPlace: false }])
  await makeChange(host, file, change)
  assert.equal(await readKey(host, file, "password_config.enabled"), "only_for_reauth")
  assert.equal(await readKey(host, file, "matrix_authentication_service"), undefined)
  assert.deepEqual(await readKey(host, file, "oidc_providers"), [{ idp_id: "dex", client_secret: "0f-the-provider" }])
})

test("a key that is no longer wanted goes back by itself, while the others stay", async (t) => {
  const file = await testFile(t, homeserver)
  await converge(file)
  await converge(
    file,
    wanted.filter(({ path }) => path !== "password_config.enabled"),
  )
  assert.equal(await readKey(host, file, "password_config.enabled"), true)
  assert.equal(await readKey(host, file, "matrix_authentication_service.enabled"), true)
})

test("people see each key as it is and as it will be, and no secret of any kind", async (t) => {
  const file = await testFile(t, homeserver)
  const { live, wanted: will } = await planChange(host, file, wanted)
  assert.deepEqual(live, {
    "matrix_authentication_service.enabled": "(absent)",
    "matrix_authentication_service.secret": "(absent)",
    "password_config.enabled": true,
    oidc_providers: [{ idp_id: "dex", client_secret: "[secret]" }],
  })
  assert.deepEqual(will, {
    "matrix_authentication_service.enabled": true,
    "matrix_authentication_service.secret": "(set)",
    "password_config.enabled": false,
    oidc_providers: "(absent)",
  })
})

test("keys that go back are shown too, without the secrets of what comes back", async (t) => {
  const file = await testFile(t, homeserver)
  await converge(file)
  const { live, wanted: will } = await planChange(host, file, [])
  assert.equal(live["password_config.enabled"], false)
  assert.equal(will["password_config.enabled"], true)
  assert.deepEqual(will.oidc_providers, [{ idp_id: "dex", client_secret: "[secret]" }])
  assert.doesNotMatch(JSON.stringify([live, will]), /sh4red|0f-the-provider|p3pper/)
})

test("a secret that was changed by hand is drift, though nobody sees it", async (t) => {
  const file = await testFile(t, homeserver)
  await converge(file)
  await file.edit("sh4red", "another-sh4red")
  const { live, wanted: will } = await planChange(host, file, wanted)
  assert.equal(live["matrix_authentication_service.secret"], "(another)")
  assert.equal(will["matrix_authentication_service.secret"], "(set)")
})

for (const [title, text, what] of [
  ["a key given twice", "a: 1\nlog: x\na: 2\n", /Line 3, column 1: .*\ba\b/],
  ["a tab for indentation", "a:\n\tb: 1\n", /Line 2, column 1: /],
  ["several documents", "a: 1\n---\nb: 1\n", /Line 2, column 1: /],
  ["text that is no YAML", "a: [1, 2\nb: 3\n", /Line 2, column /],
  ["an alias on the way", "base: &b {enabled: true}\npassword_config: *b\n", /Line 2, column 18: /],
  ["a list where a section is to be", "password_config: [1]\n", /Line 1, column 18: /],
] as const) {
  test(`${title} in the file is named by its line, and nothing is written`, async (t) => {
    const file = await testFile(t, text)
    const { message, meaning } = await refusal(planChange(host, file, wanted), "document/unusable")
    assert.match(meaning, what)
    assert.match(message, new RegExp(file.path))
    assert.equal(await file.text(), text)
    assert.equal(await file.keptText(), undefined)
  })
}

test("a file with faults is not read by a key either, and what is wrong is no value in the message", async (t) => {
  const file = await testFile(t, "secret: p4ssword\nsecret: p4ssword2\n")
  const { message } = await refusal(readKey(host, file, "secret"), "document/unusable")
  assert.doesNotMatch(message, /p4ss/)
  await refusal(readDocument(host, file), "document/unusable")
})

test("owner and mode of the document are as they were", async (t) => {
  const file = await testFile(t, homeserver)
  await chmod(file.path, 0o640)
  await converge(file)
  assert.equal((await stat(file.path)).mode & 0o777, 0o640)
})

test("JSON keeps its own layout, there and back", async (t) => {
  const text = '{\n\t"m.homeserver": {"base_url":"https:\\/\\/example.org"},\n\n\t"other" : [ 1 ]\n}\n'
  const file = await testFile(t, text, "json")
  const keys = [{ path: '["org.matrix.msc2965.authentication"].issuer', value: "https://auth.example.org/" }]
  await converge(file, keys)
  assert.equal(JSON.parse(await file.text())["org.matrix.msc2965.authentication"].issuer, "https://auth.example.org/")
  await converge(file, [])
  assert.equal(await file.text(), text)
})

async function converge(file: TestFile, keys: readonly WantedKey[] = wanted): Promise<boolean> {
  return makeChange(host, file, await planChange(host, file, keys))
}
