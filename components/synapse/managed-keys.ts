import { type Absent, absent, isAbsent, type JsonValue } from "../documents/json-value.ts"
import { parseKeyPath } from "../documents/key-path.ts"
import { Refusal } from "../report/refusal.ts"
import { type ConflictingKey, conflictingKeys, findConflicts, nameOf } from "./conflicting-keys.ts"
import { at, type Homeserver, isDelegated, isSection } from "./homeserver.ts"
import {
  delegationEndpointPath,
  msc3861Path,
  msc4108Path,
  msc4388Path,
  type Stop,
  whatStopsStart,
} from "./start-rules.ts"
import { requireDelegation, type SynapseVersion } from "./versions.ts"

/** A key of homeserver.yaml that is ours, and what has to stand there. */
export interface ManagedKey {
  /** In the syntax of the documents engine. */
  readonly path: string
  readonly value: JsonValue | Absent
  /** The value is a secret: mask it wherever it is shown. */
  readonly secret: boolean
}

/** Where the secret is that Synapse and MAS share: in homeserver.yaml itself, or in a file that Synapse reads. */
export type SharedSecret = { readonly value: string } | { readonly path: string }

export interface Delegation {
  readonly version: SynapseVersion
  /** MAS's address as Synapse sees it. */
  readonly endpoint: string
  readonly secret: SharedSecret
  /** A rendezvous server for log-in by QR code; it comes and goes with the block. */
  readonly qrCodeEndpoint?: string
  /** Conflicting keys that the operator lets us take over, as `takeOverKeys` calls them. */
  readonly takeOver: readonly string[]
  /** Paths that are managed already, and so no longer look like conflicts: what was kept names them. */
  readonly kept: readonly string[]
}

/**
 * What has to stand in homeserver.yaml while auth is delegated. Keys of others that would stop the start are ours, too:
 * those that MAS makes up for by itself unasked, the others (a way to log in, a policy) once `takeOver` names them.
 *
 * Throws `synapse/too-old`, `synapse/faulty-release`, and `synapse/conflicting-keys` with all that would still stop
 * this Synapse. Pure: nothing is written.
 */
export function keysWhenDelegated(homeserver: Homeserver, delegation: Delegation): readonly ManagedKey[] {
  const { version, endpoint, secret } = delegation
  requireDelegation(version, { endpoint, secretInFile: "path" in secret })
  const keys = [...blockKeys(homeserver, delegation), ...takenOver(homeserver, delegation)]
  const remaining = whatStopsStart(applied(homeserver, keys), version)
  if (remaining.length > 0) throw conflictRefusal(remaining, version)
  return keys
}

/**
 * What has to stand in homeserver.yaml so that Synapse checks passwords itself, beyond giving back what was kept: nothing
 * where the file is plain legacy. A delegation that somebody else left, or that we have no memory of, is turned off.
 *
 * @param homeserver as it is once everything kept has been given back.
 * @param off what the block's switch becomes where an edit has made it a text: what stood there before us, if that was nothing.
 */
export function keysWhenLegacy(homeserver: Homeserver, off: false | Absent = false): readonly ManagedKey[] {
  const keys: ManagedKey[] = []
  const want = (path: string, value: JsonValue | Absent) => keys.push({ path, value, secret: false })
  const wasDelegated = isDelegated(homeserver)
  // A text that an edit has left there: no Synapse starts with one, delegated or not (seen with 1.163.2).
  const isOdd = !["boolean", "undefined"].includes(typeof at(homeserver, "matrix_authentication_service", "enabled"))
  if (wasDelegated || isOdd) want("matrix_authentication_service.enabled", isOdd ? off : false)
  // While delegated it could not be true; what it was before, nobody knows, and Synapse's default is true.
  if (wasDelegated && at(homeserver, "password_config", "enabled") === false) want("password_config.enabled", absent)
  if (at(homeserver, "experimental_features", "msc3861", "enabled") === true) want(msc3861Path, absent)
  // None of these starts without the block (seen with twelve releases).
  for (const path of [delegationEndpointPath, msc4108Path]) if (isThere(homeserver, path)) want(path, absent)
  const mode = valueAt(homeserver, msc4388Path) ?? "off"
  if (mode !== "off") want(msc4388Path, absent)
  return keys
}

function blockKeys(homeserver: Homeserver, delegation: Delegation): readonly ManagedKey[] {
  const { endpoint, secret, qrCodeEndpoint, kept } = delegation
  const inFile = "path" in secret
  const [ours, other] = inFile ? ["secret_path", "secret"] : ["secret", "secret_path"]
  const key = (name: string, value: JsonValue | Absent, isSecret = false): ManagedKey => ({
    path: `matrix_authentication_service.${name}`,
    value,
    secret: isSecret,
  })
  // What was removed before is still ours to keep away, until it is given back.
  const toRemove = (path: string) => isThere(homeserver, path) || kept.includes(path)
  return [
    key("enabled", true),
    key("endpoint", endpoint),
    key(ours, inFile ? secret.path : secret.value, !inFile),
    // Both at once are refused.
    ...(toRemove(`matrix_authentication_service.${other}`) ? [key(other, absent, inFile)] : []),
    // Left over from the experimental mode: refused beside the block, and by itself from 1.157 on.
    ...(toRemove(msc3861Path) ? [{ path: msc3861Path, value: absent, secret: true }] : []),
    ...(qrCodeEndpoint === undefined ? [] : [{ path: delegationEndpointPath, value: qrCodeEndpoint, secret: false }]),
  ]
}

function takenOver(homeserver: Homeserver, { version, takeOver, kept }: Delegation): readonly ManagedKey[] {
  const delegated = { ...homeserver, matrix_authentication_service: { enabled: true } }
  const conflicts = findConflicts(delegated, version)
  const isOurs = (key: ConflictingKey) => key.takeOver === "always" || takeOver.includes(nameOf(key))
  return conflictingKeys
    .filter((key) => isOurs(key) && (conflicts.includes(key) || kept.includes(key.path)))
    .map(({ path, remedy }) => ({ path, value: remedy === "absent" ? absent : remedy.value, secret: false }))
}

/** The file as Synapse would read it with the keys in it. */
function applied(homeserver: Homeserver, keys: readonly ManagedKey[]): Homeserver {
  return keys.reduce((file, { path, value }) => withValue(file, stepsOf(path), value), homeserver)
}

function withValue(section: Homeserver, steps: readonly string[], value: JsonValue | Absent): Homeserver {
  const [key = "", ...rest] = steps
  const { [key]: old, ...others } = section
  if (rest.length === 0) return isAbsent(value) ? others : { ...section, [key]: value }
  const inner = withValue(isSection(old) ? old : {}, rest, value)
  return Object.keys(inner).length === 0 && old === undefined ? others : { ...section, [key]: inner }
}

function stepsOf(path: string): readonly string[] {
  return parseKeyPath(path).map(String)
}

function valueAt(homeserver: Homeserver, path: string): unknown {
  return at(homeserver, ...stepsOf(path))
}

function isThere(homeserver: Homeserver, path: string): boolean {
  return valueAt(homeserver, path) !== undefined
}

function conflictRefusal(stops: readonly Stop[], version: SynapseVersion): Refusal {
  const lines = stops.map(({ path, says }) => {
    const key = conflictingKeys.find((candidate) => candidate.path === path)
    return `  - ${path}: ${says}${key === undefined ? "" : `. Mind: ${key.mind}`}`
  })
  const names = [
    ...new Set(stops.flatMap(({ path }) => conflictingKeys.filter((key) => key.path === path).map(nameOf))),
  ]
  const remove = "take the keys out of homeserver.yaml"
  return new Refusal({
    code: "synapse/conflicting-keys",
    what: `${stops.length === 1 ? "A key" : `${stops.length} keys`} in homeserver.yaml would stop a delegated Synapse ${version.text} from starting`,
    where: { keyPath: stops.map(({ path }) => path).join(", ") },
    meaning: ["Nothing was written; Synapse goes on as it was. What it would say:", ...lines].join("\n"),
    next:
      names.length === 0
        ? `${remove}, then try again`
        : `let us take them out while delegated, and put them back after it (synapse.takeOver: [${names.join(", ")}]), or ${remove}; then try again`,
  })
}
