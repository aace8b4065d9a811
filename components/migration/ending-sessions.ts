import type { BothSides } from "./gained.ts"
import { localpart, masSessions } from "./gained-kinds.ts"
import { isSignedBy, publicKeyOf, type Signed } from "./key-signature.ts"

/**
 * What becomes of the keys of a session that a rollback ends:
 * - `keysLost`: its device has end-to-end keys, and the account no key backup.
 * - `notInBackup`: its device has end-to-end keys, and takes no part in the account's key backup.
 * - `inBackup`: its device has end-to-end keys, and what it uploaded is in the key backup.
 * - `withoutBackup`: its device has announced no keys; the account has no key backup.
 * - `withoutKeys`: its device has announced no keys; the account has a key backup.
 */
export type KeyFate = "keysLost" | "notInBackup" | "inBackup" | "withoutBackup" | "withoutKeys"

/** A session that a rollback ends, since Synapse does not know its tokens. */
export interface EndingSession {
  readonly account: string
  /** `refreshed`: it is from before the cutover, and MAS has given it tokens of its own since. */
  readonly origin: "begun with MAS" | "refreshed"
  readonly fate: KeyFate
}

interface Session {
  readonly account: string
  readonly line: string
  readonly begun: number | null
  readonly hasOld: boolean
}

/**
 * A client that is logged out throws its keys away. What only it had is lost, unless a backup on the server has it; another
 * device may have it too, but that nobody can see from here. A client puts keys into the backup, and gets the key to it, only
 * once its device is signed by its owner's self-signing key (seen with matrix-js-sdk and matrix-sdk-crypto: a device that
 * nobody verified had uploaded nothing). A device that never announced keys could not be sent any.
 */
export async function findEndingSessions({ synapse, mas }: BothSides): Promise<readonly EndingSession[]> {
  const sessions = await mas.rows<Session>(`${masSessions} ORDER BY 1, 2`)
  const named = [sessions.map(nameOf)]
  const backedUp = new Set((await synapse.rows<{ account: string }>(keyBackups)).map(({ account }) => account))
  const withKeys = await namesIn(synapse, devicesWithKeys, named)
  const lastTokens = await lastTokensOf(synapse, named)
  const signed = await signedDevices(synapse, named)
  const fateOf = (session: Session): KeyFate => {
    const isBackedUp = backedUp.has(session.account)
    if (!withKeys.has(nameOf(session))) return isBackedUp ? "withoutKeys" : "withoutBackup"
    if (!isBackedUp) return "keysLost"
    return signed.has(nameOf(session)) ? "inBackup" : "notInBackup"
  }
  return sessions.map((session) => ({
    account: session.account,
    origin: isTakenOver(session, lastTokens) ? "refreshed" : "begun with MAS",
    fate: fateOf(session),
  }))
}

/**
 * A device's name alone tells nothing: whoever logs in anew may go on with it. But syn2mas gives a session the time at which
 * Synapse made its token (migration.rs of MAS 1.22), and one that begins with MAS on that device begins later.
 * Where Synapse does not know that time, a session that MAS refreshed more than 30 days ago is taken for one begun there.
 */
function isTakenOver(session: Session, lastTokens: ReadonlyMap<string, number>): boolean {
  const { begun, hasOld } = session
  if (begun === null) return false
  return hasOld || begun <= (lastTokens.get(nameOf(session)) ?? Number.NEGATIVE_INFINITY)
}

function nameOf({ account, line }: Session): string {
  return `${account} ${line}`
}

type Named = readonly (readonly string[])[]

async function namesIn(synapse: BothSides["synapse"], sql: string, named: Named): Promise<ReadonlySet<string>> {
  const rows = await synapse.rows<{ device: string }>(
    `SELECT device FROM (${sql}) AS found WHERE device = ANY($1)`,
    named,
  )
  return new Set(rows.map(({ device }) => device))
}

/** Clients use the newest version that was not deleted; one that nothing was put into backs up nothing. */
const keyBackups = `SELECT DISTINCT ${localpart("v.user_id")} AS account FROM e2e_room_keys_versions v
  WHERE v.deleted = 0
    AND NOT EXISTS (SELECT FROM e2e_room_keys_versions n
      WHERE n.user_id = v.user_id AND n.deleted = 0 AND n.version > v.version)
    AND EXISTS (SELECT FROM e2e_room_keys k WHERE k.user_id = v.user_id AND k.version = v.version)`

const deviceOf = (table: string) => `concat_ws(' ', ${localpart(`${table}.user_id`)}, ${table}.device_id)`

const devicesWithKeys = `SELECT ${deviceOf("k")} AS device FROM e2e_device_keys_json k`

/** Times in milliseconds, by device; a delegated Synapse makes no tokens. */
async function lastTokensOf(synapse: BothSides["synapse"], named: Named): Promise<ReadonlyMap<string, number>> {
  const rows = await synapse.rows<{ device: string; made: number }>(
    `SELECT ${deviceOf("t")} AS device, max(t.last_validated)::float8 AS made FROM access_tokens t
      WHERE t.last_validated IS NOT NULL AND t.device_id IS NOT NULL AND ${deviceOf("t")} = ANY($1) GROUP BY 1`,
    named,
  )
  return new Map(rows.map(({ device, made }) => [device, made]))
}

/** Devices with a signature by anyone of the same account, and the account's cross-signing keys as they are now. */
const signatures = `WITH own AS (SELECT DISTINCT ON (user_id, keytype) user_id, keytype, keydata
    FROM e2e_cross_signing_keys ORDER BY user_id, keytype, stream_id DESC)
  SELECT ${deviceOf("k")} AS device, k.user_id AS owner, k.key_json AS keys, m.keydata AS master, s.keydata AS self, g.signature
    FROM e2e_device_keys_json k
    JOIN own m ON m.user_id = k.user_id AND m.keytype = 'master'
    JOIN own s ON s.user_id = k.user_id AND s.keytype = 'self_signing'
    JOIN e2e_cross_signing_signatures g
      ON g.user_id = k.user_id AND g.target_user_id = k.user_id AND g.target_device_id = k.device_id
    WHERE ${deviceOf("k")} = ANY($1)`

interface SignedDevice {
  readonly device: string
  readonly owner: string
  readonly keys: string
  readonly master: string
  readonly self: string
  readonly signature: string
}

/** Devices that are signed, as they are, by the self-signing key that their owner has now, and that by the master key. */
async function signedDevices(synapse: BothSides["synapse"], named: Named): Promise<ReadonlySet<string>> {
  const rows = await synapse.rows<SignedDevice>(signatures, named)
  return new Set(rows.filter(isCrossSigned).map(({ device }) => device))
}

function isCrossSigned({ owner, keys, master, self, signature }: SignedDevice): boolean {
  const [device, masterKey, selfSigningKey] = [keys, master, self].map(objectIn)
  const [byMaster, bySelf] = [masterKey, selfSigningKey].map((key) => key && publicKeyOf(key))
  if (!device || !selfSigningKey || byMaster === undefined || bySelf === undefined) return false
  const ofMaster = signatureIn(selfSigningKey, owner, byMaster)
  return (
    ofMaster !== undefined && isSignedBy(selfSigningKey, byMaster, ofMaster) && isSignedBy(device, bySelf, signature)
  )
}

function signatureIn({ signatures }: Signed, owner: string, publicKey: string): string | undefined {
  const all = signatures as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>> | undefined
  const found = all?.[owner]?.[`ed25519:${publicKey}`]
  return typeof found === "string" ? found : undefined
}

function objectIn(text: string): Signed | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? (value as Signed) : undefined
  } catch {
    return undefined
  }
}
