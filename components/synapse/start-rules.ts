import { findConflicts } from "./conflicting-keys.ts"
import { at, type Homeserver, isDelegated, isSection } from "./homeserver.ts"
import { has, knowsBlock, type SynapseVersion } from "./versions.ts"

/** Why a Synapse of one version does not start with a homeserver.yaml. */
export interface Stop {
  /** Path of the key that stops it, as the documents engine writes paths. */
  readonly path: string
  /** Words of what Synapse says on stderr. */
  readonly says: string
}

/**
 * What would stop Synapse from starting, as far as our keys and their neighbours go, in the order in which Synapse
 * looks; Synapse itself stops at the first. Empty: none of this stops it. The proof remains Synapse's own
 * `python -m synapse.config read`; this names everything at once, and before a file is written.
 *
 * Sources: Synapse's `config/experimental.py` and `config/mas.py` at the tags from 1.136.0 to 1.157.1; verdicts seen
 * with nine releases from 1.125.0 to 1.163.2.
 */
export function whatStopsStart(homeserver: Homeserver, version: SynapseVersion): readonly Stop[] {
  return [
    ...msc3861Stops(homeserver, version),
    ...msc4108Stops(homeserver, version),
    ...msc4388Stops(homeserver, version),
    ...blockStops(homeserver, version),
    ...findConflicts(homeserver, version).map(({ path, says }) => ({ path, says })),
  ]
}

export const msc3861Path = "experimental_features.msc3861"
export const delegationEndpointPath = "experimental_features.msc4108_delegation_endpoint"
export const msc4108Path = "experimental_features.msc4108_enabled"
export const msc4388Path = "experimental_features.msc4388_mode"

function experimental(homeserver: Homeserver, key: string): unknown {
  return at(homeserver, "experimental_features", key)
}

function msc3861Stops(homeserver: Homeserver, version: SynapseVersion): readonly Stop[] {
  const old = experimental(homeserver, "msc3861")
  if (!isSection(old) || Object.keys(old).length === 0) return []
  const stop = (says: string): readonly Stop[] => [{ path: msc3861Path, says }]
  if (has(version, "withoutMsc3861")) return stop("experimental_features.msc3861 was removed")
  // A real boolean is wanted: `"true"` and `1` are refused, though Synapse has taken them for true by then.
  if (old.enabled !== undefined && typeof old.enabled !== "boolean") return stop("'enabled' must be <class 'bool'>")
  if (old.enabled !== true) return []
  if (isDelegated(homeserver) && knowsBlock(version)) return stop("Experimental MSC3861 was replaced by")
  const method = old.client_auth_method ?? "client_secret_post"
  const lacksSecret = method !== "private_key_jwt" && !old.client_secret && !old.client_secret_path
  return lacksSecret ? stop("A client secret must be provided") : []
}

function msc4108Stops(homeserver: Homeserver, version: SynapseVersion): readonly Stop[] {
  const isOffered = Boolean(experimental(homeserver, "msc4108_enabled"))
  const isGivenAway = (experimental(homeserver, "msc4108_delegation_endpoint") ?? null) !== null
  if (!isOffered && !isGivenAway) return []
  const path = isGivenAway ? delegationEndpointPath : msc4108Path
  const byOldMode =
    !has(version, "withoutMsc3861") && at(homeserver, "experimental_features", "msc3861", "enabled") === true
  const byBlock = has(version, "msc4108WithBlock") && isDelegated(homeserver)
  if (!byOldMode && !byBlock) return [{ path, says: "MSC4108 requires" }]
  return isOffered && isGivenAway ? [{ path, says: "You cannot have MSC4108 both enabled and delegated" }] : []
}

function msc4388Stops(homeserver: Homeserver, version: SynapseVersion): readonly Stop[] {
  if (!has(version, "msc4388")) return []
  const mode = experimental(homeserver, "msc4388_mode") ?? "off"
  const open = has(version, "msc4388Open") ? "open" : "public"
  if (mode !== "off" && mode !== open && mode !== "authenticated") {
    return [{ path: msc4388Path, says: `msc4388_mode must be one of 'off', '${open}' or 'authenticated'` }]
  }
  const stops = mode !== "off" && !isDelegated(homeserver)
  return stops ? [{ path: msc4388Path, says: "MSC4388 requires matrix_authentication_service to be enabled" }] : []
}

function blockStops(homeserver: Homeserver, version: SynapseVersion): readonly Stop[] {
  const block = homeserver.matrix_authentication_service
  if (!knowsBlock(version) || !isSection(block)) return []
  const why = (path: string): readonly Stop[] => [
    {
      path: `matrix_authentication_service.${path}`,
      says: "Could not validate Matrix Authentication Service configuration",
    },
  ]
  if (block.enabled !== undefined && typeof block.enabled !== "boolean") return why("enabled")
  if (block.secret !== undefined && block.secret !== null && typeof block.secret !== "string") return why("secret")
  if (block.enabled !== true) return []
  if (!block.secret && !block.secret_path) return has(version, "secretIsDemanded") ? why("secret") : []
  return block.secret && block.secret_path ? why("secret_path") : []
}
