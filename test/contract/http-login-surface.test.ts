import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { test } from "node:test"
import { lookAtLogin } from "../../components/login-surface/look-at-login.ts"
import { type Recorded, startLoginSite } from "./http/login-site.ts"

/** Headers that our rules go by; their values, where they are not of one run. */
const ruled = [
  ...["content-type", "access-control-allow-origin", "access-control-allow-methods", "access-control-allow-headers"],
  ...["location", "set-cookie"],
]

test("all that a log-in touches is right where MAS is as it should be, and answers as the real one was recorded", async (t) => {
  await using site = await startLoginSite()
  assert.deepEqual(await lookAtLogin(site.places, "before"), [])
  assert.deepEqual(await lookAtLogin(site.places, "delegated"), [])
  const recorded = JSON.parse(
    await readFile(new URL("recorded/login-surface.json", import.meta.url), "utf8"),
  ) as Readonly<Record<string, Recorded>>
  // The names of its assets are of a build.
  for (const [question, { status, headers, text }] of Object.entries(recorded).filter(([name]) => !isAsset(name))) {
    await t.test(question, () => {
      const answer = site.answered.get(question) ?? assert.fail("it was not asked")
      assert.equal(answer.status, status)
      for (const name of ruled) assert.equal(inGeneral(name, answer.headers), inGeneral(name, headers), name)
      if (headers["content-type"]?.startsWith("text/plain")) assert.equal(answer.text, text)
    })
  }
  await t.test("its assets", () => {
    const types = (all: Iterable<readonly [string, Recorded]>) => [
      ...new Set(
        [...all].flatMap(([name, { status, headers }]) =>
          isAsset(name) ? [`${status} ${headers["content-type"]}`] : [],
        ),
      ),
    ]
    assert.deepEqual(types(site.answered).sort(), types(Object.entries(recorded)).sort())
  })
})

test("a look leaves no row in MAS", async () => {
  await using site = await startLoginSite()
  const count = async () => {
    const tables = await site.mas.query("select tablename from pg_tables where schemaname = 'public'")
    const counts = tables.map(async ({ tablename }) => [
      tablename,
      (await site.mas.query(`select count(*)::int as count from "${String(tablename)}" where true`))[0]?.count,
    ])
    return Object.fromEntries(await Promise.all(counts)) as Record<string, number>
  }
  const { queue_jobs: _, queue_leader: __, queue_workers: ___, ...before } = await count()
  await lookAtLogin(site.places, "delegated")
  const { queue_jobs: _1, queue_leader: _2, queue_workers: _3, ...after } = await count()
  assert.deepEqual(after, before)
})

/** What is lost with each resource that a listener does not have. */
const withoutResource = {
  human: ["authorizePage", "loginPage"],
  assets: ["loginPageAssets"],
  discovery: ["authMetadataOfMas"],
  oauth: ["signingKeys", ...["token", "revoke", "registration"].flatMap((name) => bothOf(`${name}Endpoint`))],
  compat: [
    ...["loginFlowsInBrowsers.post", "logoutAndRefreshInBrowsers.logout", "logoutAndRefreshInBrowsers.refresh"],
    ...["ssoRedirect.v3", "ssoRedirect.r0"],
  ],
} as const

for (const [gone, endpoints] of Object.entries(withoutResource)) {
  test(`a MAS without its listener's resource ${gone} is found, by each endpoint that is gone`, async () => {
    const all = ["discovery", "human", "oauth", "compat", "graphql", "assets"]
    await using site = await startLoginSite(all.filter((name) => name !== gone))
    const amiss = await lookAtLogin(site.places, "delegated")
    assert.deepEqual(
      amiss.map(({ endpoint }) => endpoint),
      endpoints,
    )
    for (const { url, seen } of amiss) {
      assert.ok(url.startsWith(site.places.issuer))
      assert.match(seen, /^not served.* \(HTTP 404, /)
    }
  })
}

function bothOf(endpoint: string): readonly string[] {
  return [endpoint, `${endpoint}InBrowsers`]
}

function isAsset(question: string): boolean {
  return question.includes(" /assets/")
}

/** Cookies by name; a type without its charset. */
function inGeneral(name: string, headers: Readonly<Record<string, string>>): string | undefined {
  const value = headers[name]
  if (name === "set-cookie") return value === undefined ? undefined : `csrf is set: ${/\bcsrf=/.test(value)}`
  return name === "content-type" ? value?.replace(/;.*/, "") : value
}
