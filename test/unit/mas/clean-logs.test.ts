import assert from "node:assert/strict"
import { appendFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { openHost } from "../../../components/host/open-host.ts"
import { proveCleanLogs } from "../../../components/mas/clean-logs.ts"
import { refusal, temporaryFolder } from "../host/scenery.ts"

const host = openHost({ kind: "local" })
const since = new Date("2026-11-24T02:00:00Z")
const information = "2026-11-24T02:00:01Z  INFO mas_cli::server:1 listening\n"
const error = "2026-11-24T02:00:02Z ERROR mas_tasks:7 could not reach the homeserver\n"

test("a log without errors is watched for as long as asked, and then it is clean", async (t) => {
  const { service } = await log(t, information)
  const begin = performance.now()
  await proveCleanLogs(host, service, { since, seconds: 1 })
  assert.ok(performance.now() - begin >= 1000)
})

test("an error that stands there is told at once, not after the whole time", async (t) => {
  const { service } = await log(t, information + error)
  const begin = performance.now()
  const { meaning, where } = await refusal(proveCleanLogs(host, service, { since, seconds: 60 }), "mas/errors-in-log")
  assert.ok(performance.now() - begin < 30_000)
  assert.match(meaning, /could not reach the homeserver$/)
  assert.equal(where.container, "mas")
})

test("an error that comes while we watch is seen", async (t) => {
  const { service, path } = await log(t, information)
  const work = refusal(proveCleanLogs(host, service, { since, seconds: 60 }), "mas/errors-in-log")
  await appendFile(path, error)
  assert.match((await work).meaning, /could not reach/)
})

test("of many errors the first three are told", async (t) => {
  const lines = [1, 2, 3, 4].map((number) => error.replace("could not", `${number} could not`))
  const { service } = await log(t, lines.join(""))
  const { meaning } = await refusal(proveCleanLogs(host, service, { since, seconds: 60 }), "mas/errors-in-log")
  assert.match(meaning, /1 could not.*\|.*2 could not.*\|.*3 could not/)
  assert.doesNotMatch(meaning, /4 could not/)
})

test("only what was logged since the start is asked for", async (t) => {
  const { path } = await log(t, "")
  const commands = { logs: ["sh", "-c", 'printf "%s\\n" "$2" >> "$1"', "logs", path, "{since}"] as const }
  await proveCleanLogs(host, { name: "mas", commands }, { since, seconds: 0 })
  assert.equal(await host.read(path), "2026-11-24T02:00:00.000Z\n")
})

async function log(t: TestContext, text: string) {
  const path = join(await temporaryFolder(t), "mas.log")
  await writeFile(path, text)
  return { path, service: { name: "mas", commands: { logs: ["cat", path] as const } } }
}
