import { posix } from "node:path"
import { isList, isMap, type JsonValue } from "../documents/json-value.ts"
import { readDocument } from "../files/managed-file.ts"
import type { Host } from "../host/host.ts"

/** What the copy is made from and where it goes. */
export interface Freezing {
  /** homeserver.yaml on the host. */
  readonly from: string
  readonly stateFolder: string
  /** A file whose owner has to be able to read the copy: MAS's config. */
  readonly like: string
}

/**
 * Makes the copy of homeserver.yaml that syn2mas reads, so that what it needs (passwords, providers) is there however far
 * things went. syn2mas reads more strictly than Synapse: `no` is no boolean to it, and a key with nothing below it is
 * refused (seen with MAS 1.22.0). So the copy has the values as Synapse reads them, as JSON, which is YAML too. Returns its
 * path.
 */
export async function freezeHomeserver(host: Host, { from, stateFolder, like }: Freezing): Promise<string> {
  const homeserver = await readDocument(host, { path: from, dialect: "yaml11" })
  const frozen = posix.join(stateFolder, "homeserver.frozen.yaml")
  await host.write(frozen, `${JSON.stringify(forSyn2Mas(homeserver), null, 2)}\n`, { mode: 0o600, like })
  return frozen
}

/**
 * What a delegated Synapse has switched off anyway, since MAS does it, is off in the copy: `check` refuses it otherwise, and
 * the server in use would have to change before its night. `only_for_reauth` is no boolean to syn2mas.
 */
function forSyn2Mas(homeserver: JsonValue): JsonValue {
  const copy = withoutNothing(homeserver)
  if (!isMap(copy)) return copy
  const { enable_3pid_changes: _, login_via_existing_session: __, password_config: passwords, ...rest } = copy
  if (passwords === undefined) return rest
  const isForReauth = isMap(passwords) && passwords.enabled === "only_for_reauth"
  return { ...rest, password_config: isForReauth ? { ...passwords, enabled: true } : passwords }
}

/** Without the keys that have nothing below them. */
export function withoutNothing(value: JsonValue): JsonValue {
  if (isList(value)) return value.map(withoutNothing)
  if (!isMap(value)) return value
  const kept = Object.entries(value).filter(([, part]) => part !== null)
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutNothing(part)]))
}
