import { readKey } from "../files/managed-file.ts"
import { askService } from "../host/ask-service.ts"
import type { Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import type { SynapseAddress } from "./synapse-address.ts"

/**
 * Whether Synapse hands its log-in to MAS, by its file and by what it does: `delegated` as long as either says so. A file
 * that was edited by hand does not make a running delegated Synapse a legacy one.
 */
export async function isSynapseDelegated(host: Host, synapse: SynapseAddress): Promise<boolean> {
  const { homeserverYaml: path, keptAt } = synapse
  const file = { path, dialect: "yaml11", ...(keptAt === undefined ? {} : { keptAt }) } as const
  if ((await readKey(host, file, "matrix_authentication_service.enabled")) === true) return true
  return (await isRunning(host, synapse)) && (await knowsNoLogin(host, synapse))
}

async function isRunning(host: Host, { service }: SynapseAddress): Promise<boolean> {
  return service.commands?.start !== undefined || (await inspectService(host, service)).isRunning
}

async function knowsNoLogin(host: Host, synapse: SynapseAddress): Promise<boolean> {
  const { status } = await askService(host, synapse, { path: "/_matrix/client/v3/login" })
  return status === 404
}
