import { parseDocument } from "../documents/parse.ts"
import type { Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import { at, type Homeserver } from "./homeserver.ts"
import { answersAs } from "./prove-authentication.ts"
import type { SynapseAddress } from "./synapse-address.ts"

/**
 * Whether Synapse serves with just this homeserver.yaml and answers as it says. Then people may have logged in already,
 * though whoever wrote the file is gone: there is no way back by itself any more. Never throws.
 */
export async function servesWith(host: Host, synapse: SynapseAddress, text: string): Promise<boolean> {
  try {
    if (!(await hasStartedWith(host, synapse, text))) return false
    const homeserver = parseDocument(text, "yaml11") as Homeserver
    const isDelegated = at(homeserver, "matrix_authentication_service", "enabled") === true
    return await answersAs(host, synapse, isDelegated ? "delegated" : "legacy")
  } catch {
    return false
  }
}

async function hasStartedWith(host: Host, { service, homeserverYaml }: SynapseAddress, text: string): Promise<boolean> {
  if ((await host.read(homeserverYaml)) !== text) return false
  if (service.commands?.start !== undefined) return true
  const { isRunning, startedAt } = await inspectService(host, service)
  return isRunning && startedAt !== undefined && startedAt > (await host.stat(homeserverYaml)).modifiedAt
}
