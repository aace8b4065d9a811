import { posix } from "node:path"
import type { Host } from "../host/host.ts"
import { findBackups, removeBackup } from "./backups.ts"
import type { BackupManifest } from "./manifest.ts"

/** Names the backup that the last cutover rests on. */
const heldName = "held-for-the-way-back"

/** From now on the backup that a cutover rests on, in the place of the one before. It is never removed by us. */
export async function hold(host: Host, folder: string, { id }: BackupManifest): Promise<void> {
  await host.write(posix.join(folder, heldName), `${id}\n`, { mode: 0o600 })
}

/** Removes all but the newest, and but the one that is held. Says which are gone. */
export async function keepNewest(host: Host, folder: string, keep: number): Promise<readonly string[]> {
  const held = (await host.readIfPresent(posix.join(folder, heldName)))?.trim()
  const backups = await findBackups(host, folder)
  const superfluous = backups.slice(Math.max(1, keep)).filter(({ id }) => id !== held)
  for (const backup of superfluous) await removeBackup(host, folder, backup)
  return superfluous.map(({ id }) => id)
}
