import { posix } from "node:path"
import type { Host } from "../host/host.ts"
import { findBackups, findTouched, removeBackup } from "./backups.ts"
import type { BackupManifest } from "./manifest.ts"

/** Names the backup that the last cutover rests on. */
const heldName = "held-for-the-way-back"

/** From now on the backup that a cutover rests on, in the place of the one before. It is never removed by us. */
export async function hold(host: Host, folder: string, { id }: BackupManifest): Promise<void> {
  await host.write(posix.join(folder, heldName), `${id}\n`, { mode: 0o600 })
}

export interface Retention {
  /** How many whole ones are kept. */
  readonly keep: number
  /** The one that a run rests on now: it counts first, and is never removed, whatever the clock said when others were made. */
  readonly current: Pick<BackupManifest, "id">
}

/**
 * Removes all but the current one, the newest whole ones, and the one that is held. One whose files are gone or altered
 * takes no whole one's place, and goes with those of its age. Says which are gone.
 */
export async function keepNewest(host: Host, folder: string, { keep, current }: Retention): Promise<readonly string[]> {
  const held = (await host.readIfPresent(posix.join(folder, heldName)))?.trim()
  const backups = await findBackups(host, folder)
  const kept = new Set([current.id])
  const superfluous: BackupManifest[] = []
  for (const backup of backups) {
    if (kept.has(backup.id)) continue
    const hasRoom = kept.size < keep
    if (hasRoom && (await findTouched(host, folder, backup)).length === 0) kept.add(backup.id)
    else if (!hasRoom && backup.id !== held) superfluous.push(backup)
  }
  for (const backup of superfluous) await removeBackup(host, folder, backup)
  return superfluous.map(({ id }) => id)
}
