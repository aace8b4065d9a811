import assert from "node:assert/strict"
import { test } from "node:test"
import { type Answer, ask } from "./http/ask.ts"
import { type MasUnderTest, startMas } from "./http/mas-under-test.ts"
import { seededNames } from "./http/seed.ts"

const publicClient = { client_id: "01GFWR28C4KNE04WG3HKXB7C9R" }
const confidentialClient = "01GFWR32NCQ12B8Z0J8CPXRRB6"
const accessToken = seededNames["<oauth-access_token>"]
const refreshToken = seededNames["<oauth-refresh_token>"]

test("a client's secret is right or wrong, whatever its length, and comes by the method that was declared", async () => {
  await using mas = await startMas()
  for (const [secret, status] of [
    ["panelsecret", 400],
    ["panelsecreT", 401],
    ["", 401],
    ["panelsecret-", 401],
  ] as const) {
    assert.equal(
      (await probe(mas, { authorization: `Basic ${btoa(`${confidentialClient}:${secret}`)}` })).status,
      status,
    )
  }
  const posted = { client_id: confidentialClient, client_secret: "panelsecret" }
  assert.equal((await probe(mas, {}, posted)).status, 401)
  assert.equal((await probe(mas, {}, { client_id: confidentialClient })).status, 401)
})

test("a refresh ends the access token of before at once", async () => {
  await using mas = await startMas()
  assert.equal(await isActive(mas, accessToken), true)
  const { access_token: next } = await refreshed(mas, refreshToken)
  assert.equal(await isActive(mas, accessToken), false)
  assert.equal(await isActive(mas, next), true)
})

test("a client that lost the answer to its refresh may ask again, until it has used what it got", async () => {
  await using mas = await startMas()
  const lost = await refreshed(mas, refreshToken)
  const got = await refreshed(mas, refreshToken)
  assert.equal(await isActive(mas, lost.access_token), false)
  assert.equal(await isActive(mas, got.access_token), true)
  const late = await refresh(mas, refreshToken)
  assert.equal(late.status, 400)
  assert.equal((late.json as { error: string }).error, "invalid_grant")
})

test("only its own client revokes a token, and revoking ends the whole session", async () => {
  await using mas = await startMas()
  const stranger = { authorization: `Basic ${btoa(`${confidentialClient}:panelsecret`)}` }
  const refused = await ask(`${mas.url}/oauth2/revoke`, { form: { token: accessToken }, headers: stranger })
  assert.equal(refused.status, 401)
  assert.equal(await isActive(mas, accessToken), true)
  const revoked = await ask(`${mas.url}/oauth2/revoke`, { form: { ...publicClient, token: refreshToken } })
  assert.equal(revoked.status, 200)
  assert.equal(await isActive(mas, accessToken), false)
  assert.equal((await refresh(mas, refreshToken)).status, 400)
})

test("a token nobody gave out is revoked without a word", async () => {
  await using mas = await startMas()
  const answer = await ask(`${mas.url}/oauth2/revoke`, { form: { ...publicClient, token: "nonsense" } })
  assert.deepEqual([answer.status, answer.text], [200, ""])
})

test("an app that registers the same again gets the id it had; a confidential one gets a new one and a secret", async () => {
  await using mas = await startMas()
  const app = {
    client_uri: "https://x.test/",
    redirect_uris: ["https://x.test/cb"],
    grant_types: ["authorization_code", "refresh_token"],
  }
  const register = async (method: string) => {
    const json = { ...app, response_types: ["code"], token_endpoint_auth_method: method }
    return (await ask(`${mas.url}/oauth2/registration`, { json })).json as { client_id: string; client_secret?: string }
  }
  assert.equal((await register("none")).client_id, (await register("none")).client_id)
  const confidential = await register("client_secret_post")
  const { client_id, client_secret = "" } = confidential
  assert.equal((await probe(mas, {}, { client_id, client_secret })).status, 400)
  assert.notEqual((await register("client_secret_post")).client_id, client_id)
})

/** Says whether a secret is right and makes nothing: 400 for a right one, 401 for a wrong one. */
function probe(mas: MasUnderTest, headers: Readonly<Record<string, string>>, fields = {}): Promise<Answer> {
  const form = { grant_type: "refresh_token", refresh_token: "nonsense", ...fields }
  return ask(`${mas.url}/oauth2/token`, { form, headers })
}

function refresh(mas: MasUnderTest, token: string): Promise<Answer> {
  const form = { ...publicClient, grant_type: "refresh_token", refresh_token: token }
  return ask(`${mas.url}/oauth2/token`, { form })
}

async function refreshed(mas: MasUnderTest, token: string) {
  const { status, json, text } = await refresh(mas, token)
  assert.equal(status, 200, text)
  return json as { access_token: string; refresh_token: string }
}

async function isActive(mas: MasUnderTest, token: string): Promise<boolean> {
  const headers = { authorization: "Bearer abc" }
  const { json } = await ask(`${mas.url}/oauth2/introspect`, { form: { token }, headers })
  return (json as { active: boolean }).active
}
