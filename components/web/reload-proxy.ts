import { isStopped } from "../files/served.ts"
import type { Argv, Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import { mountsFileItself } from "../host/mounted-paths.ts"
import { seesThatFile } from "../host/seen-by-service.ts"
import { restartService, runInService, startService } from "../host/service.ts"
import { containerOf, type ServiceAddress } from "../host/service-address.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"

/** The proxy in front, as far as it has to read its files anew. */
export interface FrontProxy {
  readonly service: ServiceAddress
  /** In the place of `nginx -s reload` in its container. */
  readonly reload?: Argv
}

/**
 * Lets the proxy read its files anew. A reload does, unless the container mounts one of them by itself: then it sees the
 * old one until it restarts. One that stands still is started. Says which it was. Throws `web/proxy-not-reloaded`.
 */
export async function reloadProxy(
  host: Host,
  { service, reload }: FrontProxy,
  files: readonly string[] = [],
): Promise<"reloaded" | "restarted" | "started"> {
  if (await isStopped(host, service)) {
    await startService(host, service)
    return "started"
  }
  if (reload === undefined && (await seesOldFiles(host, service, files))) {
    await restartService(host, service)
    return "restarted"
  }
  const command: Argv = ["nginx", "-s", "reload"]
  const { exitCode, stderr } = await (reload ? host.exec(reload) : runInService(host, service, command))
  if (exitCode === 0) return "reloaded"
  throw new Refusal({
    code: "web/proxy-not-reloaded",
    what: `The proxy does not take its files: ${quoted(stderr.trim()).split("\n").at(-1) ?? ""}`,
    where: { host: host.name, container: containerOf(service) },
    meaning: "It goes on serving as before.",
    next: "Mend what it complains about (`nginx -t` in its container tells), then `pulumi up`.",
  })
}

async function seesOldFiles(host: Host, service: ServiceAddress, files: readonly string[]): Promise<boolean> {
  if (files.length === 0) return false
  const inspection = await inspectService(host, service)
  const are = await Promise.all(
    files.map(async (file) => {
      const seesIt = await seesThatFile(host, inspection, file)
      return seesIt === undefined ? mountsFileItself(host, inspection, file) : !seesIt
    }),
  )
  return are.includes(true)
}
