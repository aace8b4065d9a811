import { setTimeout as pause } from "node:timers/promises"
import type { Host } from "../host/host.ts"
import { containerOf, type ServiceAddress } from "../host/service-address.ts"
import { logsSince } from "../host/service-log.ts"
import { Refusal } from "../report/refusal.ts"
import { errorLines } from "./mas-cli-output.ts"

const pauseMilliseconds = 1000

/** Watches MAS's log for a while. Throws `mas/errors-in-log` with the first lines as soon as there is an error. */
export async function proveCleanLogs(
  host: Host,
  service: ServiceAddress,
  { since, seconds }: { readonly since: Date; readonly seconds: number },
): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (true) {
    const lines = await logsSince(host, service, since)
    const errors = errorLines(lines.map(({ text }) => text).join("\n"))
    if (errors.length > 0) throw errorsInLog(host, service, errors)
    if (performance.now() >= end) return
    await pause(pauseMilliseconds)
  }
}

function errorsInLog(host: Host, service: ServiceAddress, errors: readonly string[]): Refusal {
  return new Refusal({
    code: "mas/errors-in-log",
    what: "MAS runs, and its log has errors since it started",
    where: { host: host.name, container: containerOf(service) },
    meaning: `Its settings are written; nothing that users see was changed. ${errors.slice(0, 3).join(" | ")}`,
    next: "Mend what it complains about, then `pulumi up`.",
  })
}
