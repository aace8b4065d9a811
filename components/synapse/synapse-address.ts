import { askService, type WebService } from "../host/ask-service.ts"
import { waitUntilHealthy } from "../host/health.ts"
import type { Host } from "../host/host.ts"

/** Synapse, as its resources name it. */
export interface SynapseAddress extends WebService {
  /** homeserver.yaml on the host. */
  readonly homeserverYaml: string
  /** Where what stood in it before us is kept. */
  readonly keptAt?: string
}

/** Start-up takes 3 to 6 s (seen with 1.163.2); with years of rooms and schema updates, much longer. */
export const startLimitSeconds = 300

/** Returns when Synapse answers `/health`. Throws with its last log lines when it ends or takes too long. */
export async function waitForSynapse(host: Host, synapse: WebService, say: (line: string) => void): Promise<void> {
  say(`waiting for Synapse to answer /health, at most ${startLimitSeconds} s`)
  const probe = async () => (await askService(host, synapse, { path: "/health" })).status === 200
  await waitUntilHealthy(host, synapse.service, { limitSeconds: startLimitSeconds, probe })
}
