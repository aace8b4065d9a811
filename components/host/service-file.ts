import type { Host } from "./host.ts"
import { environmentOf, knownService } from "./inspection.ts"
import { hostPathOf } from "./mounted-paths.ts"
import { containerOf, engineOf, type ServiceAddress } from "./service-address.ts"
import type { KnownEnvironment } from "./undetermined.ts"

/** Whether a service is reached by commands of its own, and not as a container of the engine. */
export function isWithoutContainer({ commands }: ServiceAddress): boolean {
  return commands?.start !== undefined || commands?.cli !== undefined
}

/**
 * A file that a service's config names, as the service sees it: through its mounts, else out of its image. `undefined`
 * where it sees none. For small texts, secrets among them: it comes by standard output and is written nowhere.
 */
export async function readServiceFile(host: Host, service: ServiceAddress, path: string): Promise<string | undefined> {
  if (isWithoutContainer(service)) return host.readIfPresent(path)
  const mounted = hostPathOf(await knownService(host, service), path)
  if (mounted !== undefined) return host.readIfPresent(mounted)
  const copy = '"$@" 2>/dev/null | tar -xOf - 2>/dev/null'
  const source = [...engineOf(service), "cp", "--follow-link", `${containerOf(service)}:${path}`, "-"]
  const { exitCode, stdout } = await host.exec(["sh", "-c", copy, "sh", ...source])
  return exitCode === 0 && stdout !== "" ? stdout : undefined
}

/** A service's environment: secrets, for nothing but what its own program makes of them. */
export async function readServiceEnvironment(host: Host, service: ServiceAddress): Promise<KnownEnvironment> {
  if (isWithoutContainer(service)) return undefined
  const pairs = (await environmentOf(host, service)).map((line) => {
    const at = line.indexOf("=")
    return [line.slice(0, at), line.slice(at + 1)] as const
  })
  return Object.fromEntries(pairs)
}
