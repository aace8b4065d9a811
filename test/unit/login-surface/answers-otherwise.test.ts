import assert from "node:assert/strict"
import { stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { execa } from "execa"
import type { WebService } from "../../../components/host/ask-service.ts"
import { openHost } from "../../../components/host/open-host.ts"
import { trySharedSecret } from "../../../components/mas/shared-secret-proof.ts"
import { answersAs, proveAuthentication } from "../../../components/synapse/prove-authentication.ts"
import { refusal, temporaryFolder } from "../host/scenery.ts"
import { type Answers, serve } from "../web/homeserver.ts"

const host = openHost({ kind: "local" })
const page = "<html><h1>502 Bad Gateway</h1></html>"

/** How somebody else may answer; none of it is JSON of the right shape. */
const otherwise: readonly (readonly [status: number, body: unknown])[] = [
  ...[200, 201, 301, 400, 404, 405, 429, 500, 502, 503].flatMap((status) => [
    [status, page] as const,
    [status, ""] as const,
    [status, { message: "?" }] as const,
  ]),
  ...["null", "7", "[]", '{"active"', '"active"'].map((body) => [200, body] as const),
]

test("MAS tells who has the secret about tokens by 200 with `active`: 401 and 403 refuse it, all else is named as what it is", async (t) => {
  const mas = await serve(t, {})
  const ask = (status: number, body: unknown) => {
    mas.answers = { "/oauth2/introspect": [status, body] }
    return trySharedSecret(host, service("mas", mas.url), "abc")
  }
  for (const active of [true, false]) assert.equal(await ask(200, { active }), undefined)
  for (const status of [401, 403]) assert.equal(await ask(status, { error: "access_denied" }), "refused")
  for (const [status, body] of [...otherwise, [200, { active: "yes" }] as const])
    assert.match(
      (await ask(status, body)) ?? "taken",
      new RegExp(`^HTTP ${status}(, nothing in it|: ".*")?$`),
      `${status} ${body}`,
    )
})

test("what Synapse answers is neither legacy nor delegated where it is another's answer, and no failure to parse it", async (t) => {
  const synapse = await serve(t, {})
  const address = { ...service("synapse", synapse.url), homeserverYaml: "/nowhere" }
  const issuer = "https://auth.example.org/"
  const both = async () => [await answersAs(host, address, "legacy"), await answersAs(host, address, "delegated")]
  const flows = { flows: [{ type: "m.login.password" }] }
  synapse.answers = paths([200, flows], [404, {}])
  assert.deepEqual(await both(), [true, false])
  synapse.answers = paths([404, {}], [200, { issuer }])
  assert.deepEqual(await both(), [false, true])
  for (const [status, body] of otherwise) {
    const said = `${status} ${JSON.stringify(body)}`
    synapse.answers = paths([status, body], [status, body])
    assert.deepEqual(await both(), [false, false], said)
    synapse.answers = paths([404, {}], [status, body])
    assert.deepEqual(await both(), [false, false], said)
    if (status === 404) continue
    synapse.answers = paths([status, body], [200, { issuer }])
    assert.deepEqual(await both(), [false, false], said)
  }
  const clock = { seconds: 0 }
  t.mock.method(performance, "now", () => {
    clock.seconds += 40
    return clock.seconds * 1000
  })
  synapse.answers = paths([502, page], [200, page])
  const { meaning } = await refusal(proveAuthentication(host, address, issuer), "synapse/answers-otherwise")
  assert.match(meaning, /Seen: login HTTP 502: "502 Bad Gateway"; issuer none \(HTTP 200: "502 Bad Gateway"\)\.$/)
})

test("the program that restarts Synapse for MAS's metadata names who answers otherwise, and no bug of ours", async (t) => {
  const [synapse, mas] = [await serve(t, {}), await serve(t, {})]
  const metadata = { issuer: "https://auth.example.org/" }
  const folder = await temporaryFolder(t)
  const mark = join(folder, "restarted")
  await writeFile(join(folder, "restart"), `#!/bin/sh\necho x >> ${mark}\n`, { mode: 0o755 })
  const run = async (told: Answers[string], own: Answers[string]) => {
    synapse.answers = { "/_matrix/client/v1/auth_metadata": told, "/health": [200, "OK"] }
    mas.answers = { "/.well-known/openid-configuration": own }
    const input = {
      restart: "synapse",
      host: { kind: "local" },
      service: { name: "synapse", commands: { start: ["true"], restart: [join(folder, "restart")] } },
      endpoint: synapse.url,
      mas: { name: "mas", commands: { start: ["true"] } },
      masEndpoint: mas.url,
    }
    return runRestart(JSON.stringify(input))
  }
  assert.equal((await run([200, metadata], [200, metadata])).stdout, "synapse tells what MAS tells")
  assert.equal((await run([404, { errcode: "M_UNRECOGNIZED" }], [502, page])).stdout, "synapse checks passwords itself")
  for (const [status, body] of [
    [502, page],
    [200, "null"],
  ] as const) {
    const byMas = await run([200, metadata], [status, body])
    assert.match(
      byMas.stderr,
      new RegExp(`mas does not tell MAS's metadata \\(HTTP ${status}.*\\(mas/answers-otherwise\\)`),
    )
    const bySynapse = await run([status, body], [200, metadata])
    assert.match(
      bySynapse.stderr,
      new RegExp(`synapse does not tell MAS's metadata \\(HTTP ${status}.*\\(synapse/answers-otherwise\\)`),
    )
    for (const { exitCode, stderr } of [byMas, bySynapse]) {
      assert.equal(exitCode, 1)
      assert.doesNotMatch(stderr, /SyntaxError|bug|\n\s+at /)
    }
  }
  await assert.rejects(stat(mark), { code: "ENOENT" }, "Synapse was restarted")
})

for (const input of ["", "{", "null", '{"restart": "everything"}'])
  test(`the program that restarts says on one page what it misses, without a stack trace: ${input || "nothing"}`, async () => {
    const { exitCode, stderr } = await runRestart(input)
    assert.equal(exitCode, 1)
    assert.doesNotMatch(stderr, /^node:|Node\.js v/m)
    assert.match(stderr, /on standard input/)
  })

function runRestart(input: string) {
  const program = fileURLToPath(new URL("../../../components/commands/restart-service.ts", import.meta.url))
  return execa(process.execPath, [program], { input, reject: false })
}

function paths(login: Answers[string], metadata: Answers[string]): Answers {
  return { "/_matrix/client/v3/login": login, "/_matrix/client/v1/auth_metadata": metadata }
}

function service(name: string, url: string): WebService {
  return { service: { name, commands: { start: ["true"] } }, endpoint: url }
}
