import assert from "node:assert/strict"
import { test } from "node:test"
import { askAgain } from "./http/ask.ts"
import { startMas } from "./http/mas-under-test.ts"
import { Names } from "./http/names.ts"
import { recordedExchanges, recordedLog } from "./http/recorded.ts"
import { seededNames } from "./http/seed.ts"

test("MAS answers over HTTP what the real 1.22.0 was seen to answer, exchange by exchange", async (t) => {
  await using mas = await startMas()
  const names = new Names(seededNames)
  for (const exchange of await recordedExchanges()) {
    await t.test(exchange.name, async () => {
      const base = exchange.to === "mas" ? mas.url : mas.internalUrl
      const answer = await askAgain(exchange, base, names)
      assert.equal(answer.status, exchange.status, answer.text)
      for (const [header, value] of Object.entries(exchange.headers)) names.match(answer.headers.get(header), value)
      if ("json" in exchange) names.match(answer.json, exchange.json)
      else assert.equal(answer.text, exchange.text)
    })
  }
  await t.test("and the log says of each what the real one's said", async () => {
    const lines = mas.log.flatMap((line) => factsOf(line) ?? [])
    const seen = (await recordedLog()).flatMap((line) => factsOf(line) ?? [])
    const missing = seen.filter((facts) => isOfTheReplay(facts)).filter((facts) => !takeFrom(lines, facts))
    assert.deepEqual(missing, [])
  })
})

interface LogFacts {
  readonly level: string
  readonly request: string
  readonly status: string
  readonly agent: string
  readonly fields: string
}

/** The parts of an access line that do not differ from run to run; `undefined` for any other line. */
function factsOf(line: string): LogFacts | undefined {
  const pattern =
    /^\S+ +(INFO|WARN|ERROR) http\.server\.response ([A-Z]+)-\d+ - ("[^"]+") (\d{3} [A-Za-z ]+) ("(?:[^"\\]|\\.)*") \[polls: \d+, cpu: \d+\.\dms, db: \d+\.\dms, elapsed: \d+\.\dms, queries: \d+, fetched: \d+\](.*)$/
  const [, level, method, request, status, agent, fields] = pattern.exec(line) ?? []
  if (!level || !method || !request?.startsWith(`"${method} `) || !status || !agent || fields === undefined)
    return undefined
  return { level, request, status, agent, fields }
}

/** The homeserver's own questions and the pages of the browser are not asked again. */
function isOfTheReplay({ agent, request, fields }: LogFacts): boolean {
  const ofTheCode = request.includes("/oauth2/token") && fields.includes("01GFWR28C4KNE04WG3HKXB7C9R")
  return agent.includes("Python") && !request.includes(" /login") && !ofTheCode
}

function takeFrom(lines: LogFacts[], wanted: LogFacts): boolean {
  const index = lines.findIndex((line) => JSON.stringify(line) === JSON.stringify(wanted))
  if (index < 0) return false
  lines.splice(index, 1)
  return true
}
