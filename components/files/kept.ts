import { isAbsent, type JsonValue, type Kept, nothingKept } from "../documents/managed-keys.ts"
import type { Host } from "../host/host.ts"

/**
 * What stood at our keys before us, so that the way back restores it. It lies on the host beside what it belongs to,
 * not in Pulumi's state: a rollback must not depend on a laptop, and what it holds may be secret.
 */
export async function readKept(host: Host, path: string): Promise<Kept> {
  const text = await host.readIfPresent(path)
  return text === undefined ? nothingKept : (JSON.parse(text) as Kept)
}

export async function writeKept(host: Host, path: string, kept: Kept): Promise<void> {
  await host.write(path, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 })
}

/** What we last wrote at a key of ours; `undefined` where it is not ours, or was to be absent. */
export async function lastWritten(host: Host, keptAt: string, path: string): Promise<JsonValue | undefined> {
  const wrote = (await readKept(host, keptAt)).keys[path]?.wrote
  return wrote === undefined || isAbsent(wrote) ? undefined : wrote
}
