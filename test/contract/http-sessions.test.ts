import assert from "node:assert/strict"
import { test } from "node:test"
import pRetry from "p-retry"
import { type Answer, ask } from "./http/ask.ts"
import { type MasUnderTest, startMas } from "./http/mas-under-test.ts"
import { alice, bob, seededNames } from "./http/seed.ts"

const aliceToken = seededNames["<alice-migrated-token>"]
const bobToken = seededNames["<bob-migrated-token>"]
const inactive = { active: false }

test("the fourth quick log-in from one address is refused, right password or not", async () => {
  await using mas = await startMas()
  const passwords = ["wrong", "pw-alice", "wrong", "pw-alice"]
  const statuses: number[] = []
  for (const password of passwords) statuses.push((await logIn(mas, "alice", { password })).status)
  assert.deepEqual(statuses, [403, 200, 403, 429])
  const refused = await logIn(mas, "alice", { password: "pw-alice" })
  assert.deepEqual(refused.json, { errcode: "M_LIMIT_EXCEEDED", error: "Too many login attempts" })
  const unknown = await logIn(mas, "nobody", { password: "x" })
  assert.equal(unknown.status, 403, "names that nobody has are not counted")
})

test("how many log-ins one address may try at once is for the config to say", async () => {
  const rate_limiting = { login: { per_ip: { burst: 1, per_second: 0.001 } } }
  await using mas = await startMas({ sections: { rate_limiting } })
  assert.equal((await logIn(mas, "alice", { password: "pw-alice" })).status, 200)
  assert.equal((await logIn(mas, "bob", { password: "pw-bob" })).status, 429)
})

test("an account can be named by its full id, or as clients of old did; other identifiers are refused", async () => {
  await using mas = await startMas()
  const attempt = (fields: object) =>
    ask(`${mas.url}/_matrix/client/r0/login`, { json: { type: "m.login.password", password: "pw-alice", ...fields } })
  assert.equal((await attempt({ user: "alice" })).status, 200)
  assert.equal((await attempt({ identifier: { type: "m.id.user", user: "@alice:ex.test" } })).status, 200)
  assert.equal((await attempt({ identifier: { type: "m.id.user", user: "@alice:other.test" } })).status, 403)
  const byMail = await attempt({ identifier: { type: "m.id.thirdparty", medium: "email", address: "alice@ex.test" } })
  assert.deepEqual(byMail.json, { errcode: "M_UNKNOWN", error: "Unsupported login identifier" })
  assert.deepEqual((await attempt({ password: 1 })).json, { errcode: "M_BAD_JSON", error: "JSON fields are not valid" })
})

test("what a proxy says of the client is believed: each client has its own count and its own place in the log", async () => {
  await using mas = await startMas()
  for (const client of ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]) {
    const answer = await logIn(mas, "alice", { password: "pw-alice", headers: { "x-forwarded-for": client } })
    assert.equal(answer.status, 200)
  }
  await eventually(() => assert.ok(mas.log.some((line) => line.endsWith("client.address=192.0.2.4"))))
})

test("tokens that Synapse gave out work on; those of a shape it never had do not", async () => {
  await using mas = await startMas()
  const macaroon = macaroonToken()
  const madeUp = ["a-token-made-by-hand", "mct_ContractContractContractContra_0a5P3e"]
  await giveTokens(mas, [macaroon, "mct_ContractContractContractContra_0a5P3d", ...madeUp])
  assert.equal(nameIn(await introspect(mas, aliceToken)), "alice")
  assert.equal(nameIn(await introspect(mas, macaroon)), "alice")
  assert.equal(nameIn(await introspect(mas, "mct_ContractContractContractContra_0a5P3d")), "alice")
  for (const token of madeUp) assert.deepEqual(await introspect(mas, token), inactive, token)
  assert.deepEqual(await introspect(mas, aliceToken, { token_type_hint: "refresh_token" }), inactive)
})

test("a locked user's tokens are inactive and work again once unlocked; a deactivated user's are inactive", async () => {
  await using mas = await startMas()
  await mas.query("update users set locked_at = now() where user_id = $1", [bob])
  assert.deepEqual(await introspect(mas, bobToken), inactive)
  const locked = await logIn(mas, "bob", { password: "pw-bob" })
  assert.equal(locked.status, 401)
  assert.deepEqual(locked.json, { errcode: "M_USER_LOCKED", error: "User account has been locked" })
  await mas.query("update users set locked_at = null, deactivated_at = now() where user_id = $1", [bob])
  assert.deepEqual(await introspect(mas, bobToken), inactive)
  assert.equal((await logIn(mas, "bob", { password: "pw-bob" })).status, 403)
  await mas.query("update users set deactivated_at = null where user_id = $1", [bob])
  assert.equal(nameIn(await introspect(mas, bobToken)), "bob")
})

test("a token with an end stops working at its end", async () => {
  await using mas = await startMas()
  await mas.query("update compat_access_tokens set expires_at = now() - interval '1 s' where access_token = $1", [
    bobToken,
  ])
  assert.deepEqual(await introspect(mas, bobToken), inactive)
})

test("a session that is an admin's in Synapse has the scope for it", async () => {
  await using mas = await startMas()
  await mas.query("update compat_sessions set is_synapse_admin = true where device_id = 'HFAVRSYFHU'")
  const { scope } = (await introspect(mas, aliceToken)) as { scope: string }
  assert.equal(scope, "urn:matrix:client:api:* urn:matrix:org.matrix.msc2967.client:api:* urn:synapse:admin:*")
})

test("who logs in with the password of before is moved to the newest scheme, and the next log-in works too", async () => {
  await using mas = await startMas()
  assert.equal((await logIn(mas, "alice", { password: "pw-alice" })).status, 200)
  const rows = await mas.query(
    "select version, upgraded_from_id is not null as upgraded, hashed_password from user_passwords where user_id = $1 order by version",
    [alice],
  )
  assert.deepEqual(
    rows.map(({ version, upgraded }) => [version, upgraded]),
    [
      [1, false],
      [2, true],
    ],
  )
  assert.match(String(rows[1]?.hashed_password), /^\$argon2id\$/)
  assert.equal((await logIn(mas, "alice", { password: "pw-alice" })).status, 200)
  assert.equal((await logIn(mas, "alice", { password: "pw-bob" })).status, 403)
})

test("a log-in to a device that exists takes it over: the session that had it ends", async () => {
  await using mas = await startMas()
  assert.equal((await logIn(mas, "alice", { password: "pw-alice", device_id: "HFAVRSYFHU" })).status, 200)
  assert.deepEqual(await introspect(mas, aliceToken), inactive)
})

test("a log-in that the homeserver cannot make a device for fails, and leaves no session open", async () => {
  await using mas = await startMas()
  mas.homeserver.refuse(true)
  const answer = await logIn(mas, "alice", { password: "pw-alice", device_id: "NEWDEVICE1" })
  assert.equal(answer.status, 500)
  assert.deepEqual(answer.json, { errcode: "M_UNKNOWN", error: "Internal server error" })
  const [session] = await mas.query("select finished_at from compat_sessions where device_id = 'NEWDEVICE1'")
  assert.notEqual(session?.finished_at, null)
})

test("while the homeserver is read-only nothing is written to it", async () => {
  await using mas = await startMas({ sections: { matrix: { kind: "synapse_read_only" } } })
  assert.equal((await logIn(mas, "alice", { password: "pw-alice" })).status, 500)
  assert.equal((await logOut(mas, bobToken)).status, 200)
  await eventually(async () => {
    const failed = await mas.query("select 1 from queue_jobs where queue_name = 'sync-devices' and status = 'failed'")
    assert.equal(failed.length, 2)
  })
  assert.deepEqual(mas.homeserver.calls, [])
})

test("a token is inactive as soon as it is logged out, and no other is", async () => {
  await using mas = await startMas()
  await giveTokens(mas, ["syt_same_session"])
  assert.equal((await logOut(mas, aliceToken)).status, 200)
  assert.deepEqual(await introspect(mas, aliceToken), inactive)
  assert.deepEqual(await introspect(mas, "syt_same_session"), inactive)
  assert.equal(nameIn(await introspect(mas, bobToken)), "bob")
  assert.equal((await logOut(mas, aliceToken)).status, 401)
})

test("a log-out ends every session by the compat layer if the client says that it is what it wants", async () => {
  await using mas = await startMas()
  const answer = await logOut(mas, aliceToken, { path: "logout/all", json: { "io.element.only_compat_is_fine": true } })
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json, {})
  const open = await mas.query("select 1 from compat_sessions where user_id = $1 and finished_at is null", [alice])
  assert.deepEqual(open, [])
  assert.equal((await logOut(mas, aliceToken)).status, 401)
})

test("a refresh token that Synapse gave out is taken once, and ends its access token", async () => {
  await using mas = await startMas()
  await mas.query(
    `insert into compat_refresh_tokens
       (compat_refresh_token_id, compat_session_id, compat_access_token_id, refresh_token, created_at)
     select gen_random_uuid(), compat_session_id, compat_access_token_id, 'syr_Ym9i', now()
     from compat_access_tokens where access_token = $1`,
    [bobToken],
  )
  const refresh = () => ask(`${mas.url}/_matrix/client/r0/refresh`, { json: { refresh_token: "syr_Ym9i" } })
  assert.equal((await refresh()).status, 200)
  assert.deepEqual(await introspect(mas, bobToken), inactive)
  assert.equal((await refresh()).status, 401)
})

interface LogIn {
  readonly password: string
  readonly device_id?: string
  readonly headers?: Readonly<Record<string, string>>
}

function logIn(mas: MasUnderTest, user: string, { headers = {}, ...asked }: LogIn): Promise<Answer> {
  const json = { type: "m.login.password", identifier: { type: "m.id.user", user }, ...asked }
  return ask(`${mas.url}/_matrix/client/v3/login`, { json, headers })
}

function logOut(mas: MasUnderTest, token: string, { path = "logout", json = {} } = {}): Promise<Answer> {
  return ask(`${mas.url}/_matrix/client/v3/${path}`, { json, headers: { authorization: `Bearer ${token}` } })
}

async function introspect(
  mas: MasUnderTest,
  token: string,
  more: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const headers = { authorization: "Bearer abc", "x-mas-supports-device-id": "1" }
  const { status, json } = await ask(`${mas.url}/oauth2/introspect`, { form: { token, ...more }, headers })
  assert.equal(status, 200)
  return json
}

function nameIn(introspected: unknown): unknown {
  return (introspected as { username?: string }).username
}

/** More tokens of alice's migrated session. */
async function giveTokens(mas: MasUnderTest, tokens: readonly string[]): Promise<void> {
  await mas.query(
    `insert into compat_access_tokens (compat_access_token_id, compat_session_id, access_token, created_at)
     select gen_random_uuid(), compat_session_id, unnest($1::text[]), now()
     from compat_sessions where device_id = 'HFAVRSYFHU'`,
    [tokens],
  )
}

/** As Synapse made them until 2021: packets of four digits and a name, the first of them the location. */
function macaroonToken(): string {
  return Buffer.from("0017location ex.test\n0013identifier key\n0010cid gen = 1\n").toString("base64url")
}

function eventually(look: () => void | Promise<void>): Promise<void> {
  return pRetry(async () => look(), { retries: 200, minTimeout: 50, factor: 1 })
}
