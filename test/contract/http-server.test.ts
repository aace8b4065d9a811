import assert from "node:assert/strict"
import { test } from "node:test"
import { ask } from "./http/ask.ts"
import { startMas } from "./http/mas-under-test.ts"

test("told to end, the server ends by itself and says that all is well", async () => {
  await using mas = await startMas()
  assert.equal(await mas.end(), 0)
  await assert.rejects(ask(`${mas.internalUrl}/health`))
})

test("a listener serves the resources it was given and no other", async () => {
  await using mas = await startMas()
  assert.equal((await ask(`${mas.url}/health`)).status, 404)
  assert.equal((await ask(`${mas.internalUrl}/.well-known/openid-configuration`)).status, 404)
})

test("every address in discovery comes from the public base, whatever host was asked", async () => {
  await using mas = await startMas()
  const { json } = await ask(`${mas.url}/.well-known/openid-configuration`)
  const addresses = Object.values(json as object).filter((value) => /^https?:/.test(String(value)))
  assert.ok(addresses.length > 8)
  for (const address of addresses) assert.match(String(address), /^http:\/\/127\.0\.0\.1:8090\//)
})

test("the public keys are told, one of each kind that signs", async () => {
  await using mas = await startMas()
  const { json } = await ask(`${mas.url}/oauth2/keys.json`)
  const { keys } = json as { keys: { kid: string; kty: string; d?: string }[] }
  assert.deepEqual(keys.map(({ kty }) => kty).sort(), ["EC", "EC", "EC", "RSA"])
  assert.ok(keys.every(({ kid, d }) => kid !== "" && d === undefined))
})

test("with passwords off there is no password log-in", async () => {
  await using mas = await startMas({ sections: { passwords: { enabled: false } } })
  const { json } = await ask(`${mas.url}/_matrix/client/v3/login`)
  const types = (json as { flows: { type: string }[] }).flows.map(({ type }) => type)
  assert.deepEqual(types, ["m.login.sso", "m.login.token"])
  const identifier = { type: "m.id.user", user: "alice" }
  const answer = await ask(`${mas.url}/_matrix/client/v3/login`, {
    json: { type: "m.login.password", identifier, password: "pw-alice" },
  })
  assert.deepEqual(answer.json, { errcode: "M_UNKNOWN", error: "Invalid login type" })
})

test("a path nobody knows is a page, even where an API client asks", async () => {
  await using mas = await startMas()
  const answer = await ask(`${mas.url}/_matrix/client/v3/login/get_token`, { json: {} })
  assert.equal(answer.status, 404)
  assert.match(answer.headers.get("content-type") ?? "", /^text\/html/)
})

test("a page of another origin may ask before it asks", async () => {
  await using mas = await startMas()
  const response = await fetch(`${mas.url}/_matrix/client/v3/login`, {
    method: "OPTIONS",
    headers: { origin: "https://element.test", "access-control-request-method": "POST" },
  })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get("access-control-allow-origin"), "*")
  assert.equal(response.headers.get("access-control-allow-methods"), "*")
  await response.body?.cancel()
})

test("a device that asks too early is told to wait, by 403", async () => {
  await using mas = await startMas()
  const client = { client_id: "01GFWR28C4KNE04WG3HKXB7C9R" }
  const begun = await ask(`${mas.url}/oauth2/device`, { form: { ...client, scope: "openid" } })
  const { device_code } = begun.json as { device_code: string }
  const grant_type = "urn:ietf:params:oauth:grant-type:device_code"
  const answer = await ask(`${mas.url}/oauth2/token`, { form: { ...client, grant_type, device_code } })
  assert.equal(answer.status, 403)
  assert.equal((answer.json as { error: string }).error, "authorization_pending")
})

test("a client that is not among the admins does not get the admin's scope", async () => {
  await using mas = await startMas({ sections: { policy: { data: { admin_clients: [] } } } })
  const headers = { authorization: `Basic ${btoa("01GFWR32NCQ12B8Z0J8CPXRRB6:panelsecret")}` }
  const form = { grant_type: "client_credentials", scope: "urn:mas:admin" }
  const answer = await ask(`${mas.url}/oauth2/token`, { form, headers })
  assert.equal(answer.status, 403)
  assert.deepEqual(answer.json, { error: "invalid_scope", error_description: "scope 'urn:mas:admin' not allowed" })
})
