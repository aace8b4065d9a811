import { lastWritten } from "../files/kept.ts"
import { readKey } from "../files/managed-file.ts"
import { lastStartedWith } from "../files/running.ts"
import { askService } from "../host/ask-service.ts"
import type { Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import { askOrExplain } from "../host/staying-up.ts"
import type { SynapseAddress } from "./synapse-address.ts"

/**
 * Whether Synapse hands its log-in to MAS, by its file and by what it does: `delegated` as long as either says so. A file
 * that was edited by hand does not make a running delegated Synapse a legacy one, nor one that stands still, or ends at
 * each start, and was delegated when it last served: it has let nobody in since, so what MAS holds is no stale copy.
 */
export async function isSynapseDelegated(host: Host, synapse: SynapseAddress): Promise<boolean> {
  const { homeserverYaml: path, keptAt } = synapse
  const file = { path, dialect: "yaml11", ...(keptAt === undefined ? {} : { keptAt }) } as const
  const live = await readKey(host, file, enabled)
  if (live === true) return true
  if (await isRunning(host, synapse)) {
    const asked = await askOrExplain(host, synapse.service, () => knowsNoLogin(host, synapse))
    if ("answer" in asked) return asked.answer
  }
  if (keptAt === undefined) return false
  // No Synapse starts with a text there: the edit that left it has let nobody in by a password.
  const isOdd = live !== undefined && typeof live !== "boolean"
  if (isOdd && (await lastWritten(host, keptAt, enabled)) === true) return true
  return lastStartedWith(host, synapse.service, { ...file, keptAt }, [enabled, true])
}

const enabled = "matrix_authentication_service.enabled"

async function isRunning(host: Host, { service }: SynapseAddress): Promise<boolean> {
  return service.commands?.start !== undefined || (await inspectService(host, service)).isRunning
}

async function knowsNoLogin(host: Host, synapse: SynapseAddress): Promise<boolean> {
  const { status } = await askService(host, synapse, { path: "/_matrix/client/v3/login" })
  return status === 404
}
