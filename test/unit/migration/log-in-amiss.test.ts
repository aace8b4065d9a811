import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { openHost } from "../../../components/host/open-host.ts"
import { loginRules } from "../../../components/login-surface/rules.ts"
import { blocking, describeFinding } from "../../../components/migration/finding.ts"
import { findLogInAmiss } from "../../../components/migration/reach-kinds.ts"
import { serveRecorded } from "../login-surface/recorded-site.ts"
import { serve, serviceAt } from "../web/homeserver.ts"

const host = openHost({ kind: "local" })

test("a server by whose public addresses people can log in stands in the way of no cutover", async (t) => {
  const { site, mas } = await server(t)
  assert.deepEqual(await findLogInAmiss(host, mas, site.places), [])
})

for (const rule of loginRules) {
  const isKnown = rule.since === "before"
  test(`${rule.endpoint} at 502 ${isKnown ? "stops the cutover, acknowledged or not" : "is looked at once delegated"}`, async (t) => {
    const { site, mas } = await server(t)
    const { method = "GET", url } = rule.ask(site.places)
    site.instead.set(`${method} ${new URL(url).pathname}`, (response) => response.writeHead(502).end("Bad Gateway"))
    const findings = await findLogInAmiss(host, mas, site.places)
    assert.equal(findings.length, isKnown ? 1 : 0)
    for (const finding of findings) {
      assert.deepEqual(blocking([finding], { "log-in-amiss": 1 }), [finding])
      const told = describeFinding(finding)
      assert.ok(told.startsWith("log-in-amiss (1): "), told)
      assert.ok(
        told.includes(`${rule.endpoint}, ${url}: not served (HTTP 502: "Bad Gateway"); right is ${rule.right}`),
        told,
      )
    }
  })
}

test("a MAS that has yet to become this issuer is not asked; one that nobody reaches is no reason not to look", async (t) => {
  const { site, mas } = await server(t)
  site.instead.set("GET /authorize", (response) => response.writeHead(404).end())
  assert.equal((await findLogInAmiss(host, mas, site.places)).length, 1)
  const other = await serve(t, { "/.well-known/openid-configuration": [200, { issuer: "https://old.example/" }] })
  assert.deepEqual(await findLogInAmiss(host, serviceAt(other), site.places), [])
  const nobody = { ...serviceAt(other), endpoint: "http://127.0.0.1:9/" }
  assert.equal((await findLogInAmiss(host, nobody, site.places)).length, 1)
})

/** MAS by its own address, and by the public ones. */
async function server(t: TestContext) {
  const site = await serveRecorded(t)
  const own = await serve(t, { "/.well-known/openid-configuration": [200, { issuer: site.places.issuer }] })
  return { site, mas: serviceAt(own) }
}
