import type { Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import type { RefusalCode } from "../report/codes.ts"
import { Refusal } from "../report/refusal.ts"

/** Names of containers by the key of the config that names them: `mas.container`. */
export type NamedContainers = Readonly<Record<string, string>>

/**
 * What is wrong with the names, each by its key: `docker/container-missing`, `docker/not-installed`. Whatever else keeps us
 * from looking is told by the resource that needs the container.
 */
export async function missingContainers(host: Host, containers: NamedContainers): Promise<readonly Refusal[]> {
  const missing: Refusal[] = []
  for (const [keyPath, container] of Object.entries(containers)) {
    const refusal = await missingContainer(host, container)
    if (refusal === undefined) continue
    const { code, what, where, meaning, next, cause } = refusal
    // Where nothing looks alike, one sentence for all of them, which is then said once.
    const set = next
      .replace(/Choose one, then set .*$/s, "Name one of these at each key, then run this again.")
      .replace(/then set the container of the service .*$/s, `set \`${keyPath}\` to it.`)
    missing.push(new Refusal({ code, what, where: { ...where, keyPath }, meaning, next: set, cause }))
  }
  return missing
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
