import assert from "node:assert/strict"
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { test } from "node:test"
import { lookAtLogin } from "../../../components/login-surface/look-at-login.ts"
import type { LoginPlaces, Rule } from "../../../components/login-surface/rule.ts"
import { loginRules } from "../../../components/login-surface/rules.ts"
import { selfSigned } from "../../integration/host/certificates.ts"
import { temporaryFolder } from "../host/scenery.ts"
import { propertyFactor } from "../property-runs.ts"
import { asRecorded, type Instead, type Recorded, type RecordedSite, serveRecorded } from "./recorded-site.ts"

const token = "mct_abcdefghijklmnopqrstuvwxyz0123_456789"
const page = `<html><head><title>502 Bad Gateway</title></head><body>\u001b[31mnginx\r\n::set-env name=X::y token=${token}</body></html>`
const html = { "content-type": "text/html", "access-control-allow-origin": "*" }
const json = { "content-type": "application/json", "access-control-allow-origin": "*" }

const answers =
  (status: number, headers: Readonly<Record<string, string>>, text: string): Instead =>
  (response) =>
    response.writeHead(status, headers).end(text)

const withHeaders =
  (change: (headers: Readonly<Record<string, string>>) => Readonly<Record<string, string | string[]>>): Instead =>
  (response, { status, headers, text }) => {
    const { "content-length": _, ...rest } = headers
    response.writeHead(status, change(rest)).end(text)
  }

const withText =
  (change: (text: string) => string): Instead =>
  (response, recorded) =>
    asRecorded(response, { ...recorded, text: change(recorded.text) })

const withoutCors = ({ "access-control-allow-origin": _, ...headers }: Readonly<Record<string, string>>) => headers

interface WrongAnswer {
  readonly instead: Instead
  readonly seen: RegExp
  /** How long it is waited for. Default: as long as a look waits. */
  readonly timeoutSeconds?: number
  /** Which rules it is wrong for. Default: all. */
  readonly wrongFor?: (rule: Rule, recorded: Recorded) => boolean
}

/** Whether it is served is judged elsewhere (client-view.ts). */
const onlyIfServed = new Set(["authMetadataInBrowsers", "loginFlowsInBrowsers"])
const isServedElsewhere = ({ endpoint }: Rule) => !onlyIfServed.has(endpoint)
const needsCors = (_: Rule, { headers }: Recorded) => headers["access-control-allow-origin"] !== undefined
const isPreflight = ({ endpoint }: Rule) => /InBrowsers\.(?!$)|EndpointInBrowsers$/.test(endpoint)
const hasBody = (rule: Rule) => isServedElsewhere(rule) && !isPreflight(rule)

/** How an endpoint may answer otherwise: the kinds of it. */
const wrongAnswers: Readonly<Record<string, WrongAnswer>> = {
  ...Object.fromEntries(
    [401, 403, 404, 405, 429, 500, 502, 503].map((status) => [
      `${status} with a page`,
      {
        instead: answers(status, html, page),
        seen: new RegExp(`HTTP ${status}, text/html: "502 Bad Gateway`),
        wrongFor: isServedElsewhere,
      },
    ]),
  ),
  "401 with somebody's JSON": {
    instead: answers(401, json, '{"message": "Unauthorized", "error": "unauthorized"}'),
    seen: /HTTP 401, application\/json/,
    wrongFor: isServedElsewhere,
  },
  "404 as Synapse tells it": {
    instead: answers(404, json, '{"errcode":"M_UNRECOGNIZED","error":"Unrecognized request"}'),
    seen: /not served.*HTTP 404, application\/json: "\{"errcode":"M_UNRECOGNIZED"/,
    wrongFor: isServedElsewhere,
  },
  "404 with nothing": {
    instead: answers(404, {}, ""),
    seen: /HTTP 404, nothing in it/,
    wrongFor: isServedElsewhere,
  },
  "200 with a page of somebody else": {
    instead: answers(200, html, page),
    seen: /HTTP 200, text\/html: "502 Bad Gateway/,
    wrongFor: isServedElsewhere,
  },
  "200 with nothing": {
    instead: answers(200, json, ""),
    seen: /HTTP 200, application\/json, nothing in it/,
    wrongFor: isServedElsewhere,
  },
  "200 with JSON of another shape": {
    instead: answers(200, json, '{"ok": true, "versions": 7, "keys": [], "issuer": 1, "m.homeserver": "x"}'),
    seen: /HTTP 200, application\/json: "\{"ok": true/,
    wrongFor: isServedElsewhere,
  },
  "400 with a page": { instead: answers(400, html, page), seen: /HTTP 400, text\/html/, wrongFor: isServedElsewhere },
  "JSON that is a list": { instead: answers(200, json, "[1]"), seen: /HTTP 200/, wrongFor: hasBody },
  "JSON that is null": { instead: answers(200, json, "null"), seen: /HTTP 200/, wrongFor: hasBody },
  "JSON that is cut off": {
    instead: withText((text) => text.slice(0, text.length / 2)),
    seen: /HTTP (200|400), application\/json/,
    wrongFor: (rule, { headers }) => hasBody(rule) && headers["content-type"] === "application/json",
  },
  "JSON that never ends": {
    instead: (response) => {
      response.writeHead(200, json)
      const more = () => {
        while (!response.destroyed && response.write(" ".repeat(65_536)));
        if (!response.destroyed) response.once("drain", more)
      }
      more()
    },
    seen: /HTTP 200, application\/json/,
    wrongFor: isServedElsewhere,
  },
  "a redirect to elsewhere": {
    instead: answers(302, { location: `https://evil.example.org/login?token=${token}`, ...html }, ""),
    seen: /HTTP 302, text\/html, to https:\/\/evil\.example\.org\/login, nothing/,
    wrongFor: isServedElsewhere,
  },
  "a redirect to a page to log in at": {
    instead: answers(303, { location: "/sso/start" }, ""),
    seen: /HTTP 303, to \/sso\/start/,
    wrongFor: isServedElsewhere,
  },
  "no CORS": { instead: withHeaders(withoutCors), seen: /no Access-Control-Allow-Origin \(HTTP/, wrongFor: needsCors },
  "CORS for another origin": {
    instead: withHeaders((headers) => ({ ...headers, "access-control-allow-origin": "https://app.other.example" })),
    seen: /Access-Control-Allow-Origin lets another origin in/,
    wrongFor: needsCors,
  },
  "CORS twice": {
    instead: withHeaders((headers) => ({ ...headers, "access-control-allow-origin": ["*", "*"] })),
    seen: /Access-Control-Allow-Origin comes twice/,
    wrongFor: needsCors,
  },
  "a preflight without methods": {
    instead: withHeaders(({ "access-control-allow-methods": _, ...headers }) => headers),
    seen: /Access-Control-Allow-Methods lacks POST/,
    wrongFor: isPreflight,
  },
  "a preflight for GET alone": {
    instead: withHeaders((headers) => ({ ...headers, "access-control-allow-methods": "GET, HEAD" })),
    seen: /Access-Control-Allow-Methods lacks POST/,
    wrongFor: isPreflight,
  },
  "a preflight without headers": {
    instead: withHeaders(({ "access-control-allow-headers": _, ...headers }) => headers),
    seen: /Access-Control-Allow-Headers lacks (content-type|authorization)/,
    wrongFor: isPreflight,
  },
  "no cookie": {
    instead: withHeaders(({ "set-cookie": _, ...headers }) => headers),
    seen: /its cookie was taken away/,
    wrongFor: ({ endpoint }) => endpoint === "loginPage",
  },
  "another base_url": {
    instead: withText((text) => text.replace(/("base_url":\s*")[^"]*/, "$1https://evil.example.org")),
    seen: /^names another homeserver \(https:\/\/evil\.example\.org\)/,
    wrongFor: ({ endpoint }) => endpoint === "wellKnownDocument",
  },
  "no base_url": {
    instead: answers(200, json, '{"org.matrix.msc2965.authentication": {"issuer": "https://auth.example.org/"}}'),
    seen: /^names no homeserver/,
    wrongFor: ({ endpoint }) => endpoint === "wellKnownDocument",
  },
  "the issuer, but for a slash": {
    instead: withText((text) => text.replace(/("issuer":"[^"]*)\/"/, '$1"')),
    seen: /^another issuer \(http:\/\/127\.0\.0\.1:\d+\)/,
    wrongFor: ({ endpoint }) => endpoint === "authMetadataOfMas",
  },
  "an endpoint that is elsewhere": {
    instead: withText((text) => text.replace(/("token_endpoint":")[^"]*/, "$1https://evil.example.org/oauth2/token")),
    seen: /^its token_endpoint is not at http/,
    wrongFor: ({ endpoint }) => endpoint === "authMetadataOfMas",
  },
  "no keys": {
    instead: answers(200, json, '{"keys": []}'),
    seen: /^no keys in it/,
    wrongFor: ({ endpoint }) => endpoint === "signingKeys",
  },
  "nobody who answers in time": {
    instead: () => {},
    seen: /^no answer: 127\.0\.0\.1:\d+ did not answer within 1\.5 s$/,
    timeoutSeconds: 1.5,
  },
  "an answer that stops half-way": {
    instead: (response) => response.writeHead(200, { ...json, "content-length": "100" }).write("{"),
    seen: /^no answer: 127\.0\.0\.1:\d+ did not answer within 1\.5 s$/,
    timeoutSeconds: 1.5,
  },
  "a connection that is cut": {
    instead: (response) => response.destroy(),
    seen: /^no answer: 127\.0\.0\.1:\d+ cannot be reached: socket hang up$/,
  },
}

test("a server as the real ones were recorded is right, before the cutover and after it", async (t) => {
  const { places } = await serveRecorded(t)
  assert.deepEqual(await lookAtLogin(places, "before"), [])
  assert.deepEqual(await lookAtLogin(places, "delegated"), [])
})

/** Of the wrong answers each rule gets every fourth, another one than its neighbour; all of them in the matrix. */
const every = propertyFactor > 1 ? 1 : 4
let tried = 0
for (const [nth, rule] of loginRules.entries()) {
  test(`${rule.endpoint}: whatever else it answers is named, with its address and what was seen`, async (t) => {
    const site = await serveRecorded(t)
    const { question, recorded } = await recordedAnswer(site, rule)
    for (const [at, [name, wrong]] of Object.entries(wrongAnswers).entries()) {
      if ((at + nth) % every !== 0 || wrong.wrongFor?.(rule, recorded) === false) continue
      site.instead.set(question, wrong.instead)
      await t.test(name, async () => {
        tried += 1
        const { timeoutSeconds = 10 } = wrong
        const amiss = await lookAtLogin(site.places, "delegated", { timeoutSeconds })
        assert.deepEqual(
          amiss.map(({ endpoint, url }) => ({ endpoint, url })),
          [{ endpoint: rule.endpoint, url: rule.ask(site.places).url }],
        )
        const [{ seen = "", right = "" } = {}] = amiss
        assert.match(seen, wrong.seen)
        assert.doesNotMatch(seen, /[\p{Cc}\p{Cf}]|::|SyntaxError|JSON at position/u)
        assert.ok(!seen.includes(token) && seen.length < 400, seen)
        assert.equal(right, rule.right)
      })
      site.instead.delete(question)
    }
    assert.deepEqual(await lookAtLogin(site.places, "delegated"), [], "and then it is right again")
  })
}

test("so many were tried", () => assert.ok(tried > 360 / every, `${tried} were tried`))

test("what is right in another way is right: the origin instead of a star, 204, no slash, a provider at once", async (t) => {
  const site = await serveRecorded(t)
  const { origin, issuer } = site.places
  const echo = withHeaders((headers) => ({ ...headers, "access-control-allow-origin": origin }))
  site.instead.set("GET /oauth2/keys.json", echo)
  site.instead.set("OPTIONS /oauth2/token", (response, recorded) => asRecorded(response, { ...recorded, status: 204 }))
  site.instead.set("GET /login", answers(303, { location: "/upstream/authorize/01GFWR28C4KNE04WG3HKXB7C9R" }, ""))
  assert.deepEqual(await lookAtLogin(site.places, "delegated"), [])
  site.instead.set(
    "GET /login",
    answers(303, { location: `${issuer}upstream/authorize/01GFWR28C4KNE04WG3HKXB7C9R` }, ""),
  )
  assert.deepEqual(await lookAtLogin({ ...site.places, homeserverUrl: issuer.replace(/\/$/, "") }, "delegated"), [])
})

const wrongAssets = {
  "404": [answers(404, html, ""), /^not served \(HTTP 404, text\/html/],
  "a page": [answers(200, html, ""), /^browsers do not take it.*text\/html/],
  "502": [answers(502, {}, ""), /^not served \(HTTP 502/],
} as const

for (const [name, [instead, seen]] of Object.entries(wrongAssets)) {
  test(`a log-in page without its style sheets or scripts is named once, by the first one's address: ${name}`, async (t) => {
    const site = await serveRecorded(t)
    await lookAtLogin(site.places, "before")
    const assets = [...new Set(site.asked.filter((question) => question.startsWith("HEAD ")))]
    assert.equal(assets.length, 4)
    for (const asset of assets) {
      site.instead.clear()
      site.instead.set(asset, instead)
      const amiss = await lookAtLogin(site.places, "before")
      assert.deepEqual(
        amiss.map(({ endpoint, url }) => ({ endpoint, url })),
        [{ endpoint: "loginPageAssets", url: new URL(asset.slice(5), site.places.issuer).href }],
      )
      assert.match(amiss[0]?.seen ?? "", seen)
    }
  })
}

test("before the cutover nothing is asked that only a delegated server answers; MAS is asked all the same", async (t) => {
  const site = await serveRecorded(t)
  for (const rule of loginRules.filter(({ since }) => since === "delegated"))
    site.instead.set(questionOf(rule, site.places), answers(404, {}, ""))
  assert.deepEqual(await lookAtLogin(site.places, "before"), [])
  for (const rule of loginRules.filter(({ since }) => since === "before"))
    assert.ok(site.asked.includes(questionOf(rule, site.places)), rule.endpoint)
})

test("a MAS that is at 502 for everything is told by each of its endpoints, before the cutover as after it", async (t) => {
  const site = await serveRecorded(t)
  const ofMas = loginRules.filter(({ needs, since }) => needs.includes("mas") && since === "before")
  for (const rule of ofMas) site.instead.set(questionOf(rule, site.places), answers(502, html, page))
  for (const stage of ["before", "delegated"] as const) {
    const amiss = await lookAtLogin(site.places, stage)
    assert.deepEqual(
      amiss.map(({ endpoint }) => endpoint),
      ofMas.map(({ endpoint }) => endpoint),
    )
  }
})

test("where nobody listens, and where the name is nobody's, that is what was seen of each", async () => {
  for (const base of ["http://127.0.0.1:9/", "http://nowhere.invalid/", "https://127.0.0.1:9/"]) {
    const places = { homeserverUrl: base, wellKnownUrl: `${base}well-known`, issuer: base, origin: "https://e.example" }
    const amiss = await lookAtLogin(places, "delegated")
    assert.equal(amiss.length, loginRules.length)
    for (const { seen } of amiss)
      assert.match(seen, /^no answer: (127\.0\.0\.1:9|nowhere\.invalid) cannot be reached: /)
  }
})

test("a certificate that nobody vouches for is what was seen of each", async (t) => {
  const { key, text: cert } = await selfSigned(await temporaryFolder(t))
  const server = createServer({ key: await readFile(key), cert }).listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => void server.close())
  const base = `https://localhost:${(server.address() as AddressInfo).port}/`
  const places = { homeserverUrl: base, wellKnownUrl: `${base}well-known`, issuer: base, origin: "https://e.example" }
  const amiss = await lookAtLogin(places, "delegated")
  assert.equal(amiss.length, loginRules.length)
  for (const { seen, url } of amiss) {
    assert.match(
      seen,
      /^no answer: The certificate of localhost:\d+ is not one we trust \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
    )
    assert.ok(url.startsWith(base))
  }
})

test("no more than six are asked at once, and what stands still is left out", async (t) => {
  const site = await serveRecorded(t)
  const late: Instead = (response, recorded) => void setTimeout(() => asRecorded(response, recorded), 200)
  for (const rule of loginRules) site.instead.set(questionOf(rule, site.places), late)
  assert.deepEqual(await lookAtLogin(site.places, "delegated"), [])
  assert.ok(site.atOnce.most > 1 && site.atOnce.most <= 6, String(site.atOnce.most))
  site.asked.splice(0)
  await lookAtLogin(site.places, "delegated", { without: ["mas", "synapse"] })
  assert.deepEqual(site.asked, ["GET /well-known"])
})

function questionOf(rule: Rule, places: LoginPlaces): string {
  const { method = "GET", url } = rule.ask(places)
  return `${method} ${new URL(url).pathname}`
}

async function recordedAnswer({ places }: RecordedSite, rule: Rule) {
  const { url, method = "GET", headers = {} } = rule.ask(places)
  const response = await fetch(url, { method, headers, redirect: "manual" })
  const recorded = {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: await response.text(),
  }
  return { question: questionOf(rule, places), recorded }
}
