import type { Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import type { RefusalCode } from "../report/codes.ts"
import { RefusalList } from "../report/gathering.ts"
import { Refusal } from "../report/refusal.ts"

/** Names of containers by the key of the config that names them: `mas.container`. */
export type NamedContainers = Readonly<Record<string, string>>

/**
 * Throws what is wrong with every name at once: `docker/container-missing`, `docker/not-installed`, gathered. Whatever else keeps us from looking is
 * told by the resource that needs the container.
 */
export async function demandContainers(host: Host, containers: NamedContainers): Promise<void> {
  const missing = new RefusalList()
  for (const [keyPath, container] of Object.entries(containers)) {
    const refusal = await missingContainer(host, container)
    if (refusal === undefined) continue
    const { code, what, where, meaning, next, cause } = refusal
    missing.add({ code, what, where: { ...where, keyPath }, meaning, next, cause })
  }
  missing.throwIfAny()
}

const told: readonly RefusalCode[] = ["docker/container-missing", "docker/not-installed"]

async function missingContainer(host: Host, name: string): Promise<Refusal | undefined> {
  try {
    await inspectService(host, { name })
  } catch (error) {
    if (error instanceof Refusal) return told.includes(error.code) ? error : undefined
    throw error
  }
  return undefined
}
