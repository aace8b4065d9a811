import type { Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import { containerOf, type ServiceAddress } from "../host/service-address.ts"
import { Refusal } from "../report/refusal.ts"

/** When a stopped Synapse had started last; `undefined` where it is no container: then nobody can tell. */
export async function lastStartOf(host: Host, service: ServiceAddress): Promise<Date | undefined> {
  return service.commands?.start === undefined ? (await inspectService(host, service)).startedAt : undefined
}

/**
 * Whoever starts Synapse in the window, a person or an engine that starts anew, lets it serve with its own log-in, and
 * devices come to be that MAS's copy lacks: MAS would delete them, with their keys. To be asked once homeserver.yaml is
 * written: from then on every start is a delegated one. Throws `migration/evidence-does-not-hold`.
 */
export async function demandStandstill(host: Host, service: ServiceAddress, since: Date | undefined): Promise<void> {
  const startedAt = await lastStartOf(host, service)
  if (startedAt?.getTime() === since?.getTime()) return
  throw new Refusal({
    code: "migration/evidence-does-not-hold",
    what: `Synapse was started in the window, at ${startedAt?.toISOString()}, and not by this run`,
    where: { host: host.name, container: containerOf(service) },
    meaning: "What people did since is not in MAS's copy. Synapse serves as before, with its own log-in.",
    next: "See who or what starts it (a person, a watchdog, a restarted engine), then `pulumi up`.",
  })
}
