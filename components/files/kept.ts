import { z } from "zod"
import { isAbsent, type JsonValue, type Kept, nothingKept } from "../documents/managed-keys.ts"
import type { Host } from "../host/host.ts"
import { readOwnFile } from "../host/own-file.ts"
import { Refusal } from "../report/refusal.ts"

/**
 * What stood at our keys before us, so that the way back restores it. It lies on the host beside what it belongs to,
 * not in Pulumi's state: a rollback must not depend on a laptop, and what it holds may be secret.
 */
export async function readKept(host: Host, path: string): Promise<Kept> {
  const kept = await readOwnFile(host, path, schema)
  if (kept === undefined) return nothingKept
  if (kept !== "unreadable") return kept
  // Its last write was cut off, as by a loss of power. What it belongs to is only written after it, so that it is as before that.
  const previous = await readOwnFile(host, previousPath(path), schema)
  if (previous !== undefined && previous !== "unreadable") return previous
  throw damaged(host, path)
}

/** What was kept until now stays beside it: a write that is cut off leaves one of the two whole. */
export async function writeKept(host: Host, path: string, kept: Kept): Promise<void> {
  const before = await readKept(host, path)
  await host.write(previousPath(path), textOf(before), { mode: 0o600 })
  await host.write(path, textOf(kept), { mode: 0o600 })
}

export async function removeKept(host: Host, path: string): Promise<void> {
  await host.remove(path)
  await host.remove(previousPath(path))
}

function textOf(kept: Kept): string {
  return `${JSON.stringify(kept, null, 2)}\n`
}

/** Another ending: it is no part of a backup, and is never read for itself. */
function previousPath(path: string): string {
  return `${path.replace(/\.json$/, "")}.previous`
}

const isMap = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value)
const schema = z.custom<Kept>((value) => isMap(value) && isMap((value as { keys?: unknown }).keys))

function damaged(host: Host, path: string): Refusal {
  return new Refusal({
    code: "host/own-file-damaged",
    what: `${path} is empty or cut off, and nothing lies beside it that it could be restored from`,
    where: { host: host.name, file: path },
    meaning:
      "Nothing was changed. It holds what stood at our keys before us: without it we cannot tell what is to be given back.",
    next: `Put it back from a backup (\`host.stateFolder\`/backups), then run again.`,
  })
}

/** What we last wrote at a key of ours; `undefined` where it is not ours, or was to be absent. */
export async function lastWritten(host: Host, keptAt: string, path: string): Promise<JsonValue | undefined> {
  const wrote = (await readKept(host, keptAt)).keys[path]?.wrote
  return wrote === undefined || isAbsent(wrote) ? undefined : wrote
}
