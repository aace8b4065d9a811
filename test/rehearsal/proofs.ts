import assert from "node:assert/strict"
import { readKey } from "../../components/files/managed-file.ts"
import { openHost } from "../../components/host/open-host.ts"
import { holdingKinds } from "../../components/migration/holdings.ts"
import type { ClientView } from "../../components/web/client-view.ts"
import { lookAsClient } from "../../components/web/look.ts"
import type { Lab } from "../lab/lab.ts"
import { callsTo, path } from "../lab/seed/client-api.ts"
import { passwordOf, people } from "../lab/seed/people.ts"
import type { Seeded, Session } from "../lab/seed/seed.ts"
import { labHoldings } from "./lab-databases.ts"

/** Something that must hold. Throws when it does not; returns what was seen, in a few words. */
export interface Proof {
  readonly claim: string
  readonly prove: (lab: Lab, seeded: Seeded) => Promise<string>
}

/** What must hold whoever checks passwords: asked of the server as clients would ask. */
export const alwaysProofs: readonly Proof[] = [
  { claim: "tokens from before work on", prove: proveOldTokens },
  { claim: "the application service's token works on", prove: proveApplicationService },
  { claim: "encrypted history, device keys and key backups are all there", prove: proveKeys },
]

/** What must hold once auth is delegated. */
export const delegatedProofs: readonly Proof[] = [
  { claim: "MAS holds just what Synapse holds", prove: proveHoldings },
  ...alwaysProofs,
  { claim: "clients are sent to MAS, and the old password form is gone", prove: proveLoginFlows },
  { claim: "a migrated user logs in with the old password through MAS", prove: proveOldPassword },
]

/** What must hold once it is taken back. */
export const legacyProofs: readonly Proof[] = [
  ...alwaysProofs,
  { claim: "old passwords work with Synapse", prove: provePasswordsOfSynapse },
  { claim: "MAS is up, and idle", prove: proveIdleMas },
]

async function proveHoldings(lab: Lab, { sessions }: Seeded): Promise<string> {
  const [synapse, mas] = [await labHoldings(lab, "synapse"), await labHoldings(lab, "mas")]
  for (const { name } of holdingKinds) assert.deepEqual(mas[name], synapse[name], `${name} differ`)
  assert.equal(mas.users?.count, 21)
  assert.equal(mas["access tokens"]?.count, sessions.length)
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

/** What clients see of the way to log in. */
export function clientViewOf({ places }: Lab): Promise<ClientView> {
  return lookAsClient(openHost({ kind: "local" }), {
    homeserverUrl: places.synapse.url,
    wellKnownUrl: places.wellKnown.url,
    synapse: {
      service: { name: "synapse", container: places.synapse.container },
      endpoint: places.mas.synapseEndpoint,
    },
  })
}

async function proveLoginFlows(lab: Lab): Promise<string> {
  const { issuer } = lab.places.mas
  const seen = await clientViewOf(lab)
  assert.deepEqual(seen, {
    loginFlows: "m.login.sso, delegated to MAS",
    loginFlowsOfSynapse: "not served",
    authMetadata: issuer,
    wellKnown: issuer,
    logoutAndRefresh: "served",
  })
  return `the issuer is ${seen.authMetadata} everywhere`
}

async function proveOldPassword(lab: Lab): Promise<string> {
  assert.match(await logInAndOut(lab, "grace"), /^mct_/, "the token is not one of MAS")
  return "grace logged in and out again"
}

/** Of grace, MAS may have made the hash anew meanwhile; frank's password it has never seen. */
async function provePasswordsOfSynapse(lab: Lab): Promise<string> {
  for (const localpart of ["grace", "frank"])
    assert.match(await logInAndOut(lab, localpart), /^syt_/, "the token is not one of Synapse")
  return "grace and frank logged in and out again"
}

/** Returns the token that was handed out meanwhile. */
async function logInAndOut(lab: Lab, localpart: string): Promise<string> {
  const token = await logIn(lab, localpart)
  await callsTo(lab.places.synapse.url, token)("POST", "/_matrix/client/v3/logout", {})
  return token
}

/** Logs in by password at whoever answers, and returns the token, which works. */
export async function logIn({ places, serverName }: Lab, localpart: string): Promise<string> {
  const answer = await callsTo(places.synapse.url)("POST", "/_matrix/client/v3/login", {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: localpart },
    password: passwordOf(localpart),
    device_id: "REHEARSAL1",
  })
  const token = String(answer.access_token)
  const seen = await callsTo(places.synapse.url, token)("GET", "/_matrix/client/v3/account/whoami")
  assert.equal(seen.user_id, `@${localpart}:${serverName}`)
  return token
}

/** It answers, and is told to write nothing to Synapse. */
async function proveIdleMas({ places }: Lab): Promise<string> {
  const answer = await fetch(new URL(".well-known/openid-configuration", places.mas.issuer))
  assert.equal(answer.status, 200)
  const config = { path: places.mas.config, dialect: "yaml12" } as const
  const kind = await readKey(openHost({ kind: "local" }), config, "matrix.kind")
  assert.equal(kind, "synapse_read_only")
  return `it answers; matrix.kind is ${kind}`
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
