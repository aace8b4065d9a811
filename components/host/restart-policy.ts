import { tellEngine } from "./engine.ts"
import type { Host } from "./host.ts"
import { inspectService } from "./inspection.ts"
import { containerOf, type ServiceAddress } from "./service-address.ts"

/** A container, and when the engine starts it by itself, in docker's words. */
export interface KnownPolicy {
  readonly service: ServiceAddress
  /** @example "unless-stopped", "on-failure:5" */
  readonly policy: string
}

/** None for a service that something else than the engine starts. */
export async function restartPoliciesOf(host: Host, service: ServiceAddress): Promise<readonly KnownPolicy[]> {
  if (service.commands?.start !== undefined) return []
  return [{ service, policy: (await inspectService(host, service)).restartPolicy }]
}

/**
 * From now on the container starts whenever the engine does, as after a loss of power, even when it was stopped by hand
 * (seen with docker 20.10). Throws `docker/command-failed` where the engine cannot change that.
 */
export async function startWithEngine(host: Host, service: ServiceAddress): Promise<void> {
  await tellEngine(host, service, ["update", "--restart=always", containerOf(service)])
}
