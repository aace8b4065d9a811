import assert from "node:assert/strict"
import { openHost } from "../../components/host/open-host.ts"
import { holdingKinds } from "../../components/migration/holdings.ts"
import { lookAsClient } from "../../components/web/look.ts"
import type { Lab } from "../lab/lab.ts"
import { callsTo, path } from "../lab/seed/client-api.ts"
import { passwordOf, people } from "../lab/seed/people.ts"
import type { Seeded, Session } from "../lab/seed/seed.ts"
import { labHoldings } from "./lab-databases.ts"

/** Something that must hold once auth is delegated. Throws when it does not; returns what was seen, in a few words. */
export interface Proof {
  readonly claim: string
  readonly prove: (lab: Lab, seeded: Seeded) => Promise<string>
}

/** What clients see, asked of the server as they would ask. */
export const delegatedProofs: readonly Proof[] = [
  { claim: "MAS holds just what Synapse held: 21 users, 41 tokens", prove: proveHoldings },
  { claim: "tokens from before the cutover work on", prove: proveOldTokens },
  { claim: "the application service's token works on", prove: proveApplicationService },
  { claim: "clients are sent to MAS, and the old password form is gone", prove: proveLoginFlows },
  { claim: "a migrated user logs in with the old password through MAS", prove: proveOldPassword },
  { claim: "encrypted history, device keys and key backups are all there", prove: proveKeys },
]

async function proveHoldings(lab: Lab): Promise<string> {
  const [synapse, mas] = [await labHoldings(lab, "synapse"), await labHoldings(lab, "mas")]
  for (const { name } of holdingKinds) assert.deepEqual(mas[name], synapse[name], `${name} differ`)
  assert.equal(mas.users?.count, 21)
  assert.equal(mas["access tokens"]?.count, 41)
  return `${mas.users?.count} users, ${mas["access tokens"]?.count} tokens, ${mas.sessions?.count} sessions`
}

async function proveOldTokens({ places }: Lab, { sessions }: Seeded): Promise<string> {
  const active = sessions.filter((session) => !isLocked(session))
  for (const { accessToken, userId, deviceId } of active) {
    const seen = await callsTo(places.synapse.url, accessToken)("GET", "/_matrix/client/v3/account/whoami")
    assert.deepEqual([seen.user_id, seen.device_id], [userId, deviceId])
  }
  return `${active.length} tokens answer whoami`
}

/** A locked account's tokens are taken over and stay without effect, as before. */
function isLocked({ userId }: Session): boolean {
  return people.some(({ localpart, is }) => is === "locked" && userId.startsWith(`@${localpart}:`))
}

async function proveApplicationService({ places }: Lab, { asToken, bot }: Seeded): Promise<string> {
  const whoami = path`/_matrix/client/v3/account/whoami?user_id=`
  const seen = await callsTo(places.synapse.url, asToken)("GET", `${whoami}${encodeURIComponent(bot)}`)
  assert.equal(seen.user_id, bot)
  return `${bot} answers whoami`
}

async function proveLoginFlows({ places }: Lab): Promise<string> {
  const seen = await lookAsClient(openHost({ kind: "local" }), {
    homeserverUrl: places.synapse.url,
    wellKnownUrl: places.wellKnown.url,
    synapse: {
      service: { name: "synapse", container: places.synapse.container },
      endpoint: places.mas.synapseEndpoint,
    },
  })
  assert.deepEqual(seen, {
    loginFlows: "m.login.sso, delegated to MAS",
    loginFlowsOfSynapse: "not served",
    authMetadata: places.mas.issuer,
    wellKnown: places.mas.issuer,
    logoutAndRefresh: "served",
  })
  return `the issuer is ${seen.authMetadata} everywhere`
}

async function proveOldPassword({ places, serverName }: Lab): Promise<string> {
  const call = callsTo(places.synapse.url)
  const answer = await call("POST", "/_matrix/client/v3/login", {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: "grace" },
    password: passwordOf("grace"),
    device_id: "REHEARSAL1",
  })
  const token = String(answer.access_token)
  assert.match(token, /^mct_/, "the token is not one of MAS")
  const asGrace = callsTo(places.synapse.url, token)
  assert.equal((await asGrace("GET", "/_matrix/client/v3/account/whoami")).user_id, `@grace:${serverName}`)
  await asGrace("POST", "/_matrix/client/v3/logout", {})
  return "grace logged in and out again"
}

async function proveKeys({ places, serverName }: Lab, { sessions, room, history }: Seeded): Promise<string> {
  const bob = sessions.find(({ userId }) => userId === `@bob:${serverName}`)
  const call = callsTo(places.synapse.url, bob?.accessToken)
  const { chunk } = await call(
    "GET",
    path`/_matrix/client/v3/rooms/${room}/messages?dir=b&limit=50`.replace("%3F", "?"),
  )
  const ids = (chunk as { event_id: string }[]).map(({ event_id }) => event_id)
  for (const id of history) assert.ok(ids.includes(id), `a message of the history is missing: ${id}`)
  const users = [...new Set(sessions.map(({ userId }) => userId))]
  const answer = await call("POST", "/_matrix/client/v3/keys/query", {
    device_keys: Object.fromEntries(users.map((user) => [user, []])),
  })
  const devices = answer.device_keys as Record<string, Record<string, unknown>>
  const missing = sessions.filter(({ userId, deviceId }) => devices[userId]?.[deviceId] === undefined)
  assert.deepEqual(
    missing.map(({ deviceId }) => deviceId),
    [],
    "device keys are missing",
  )
  const { count } = await call("GET", "/_matrix/client/v3/room_keys/version")
  assert.equal(count, 1)
  return `${history.length} messages, keys of ${sessions.length} devices`
}
