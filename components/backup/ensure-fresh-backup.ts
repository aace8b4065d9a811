import { posix } from "node:path"
import type { Context } from "../lifecycle/lifecycle.ts"
import { formatDuration } from "../report/durations.ts"
import { formatSize } from "../report/sizes.ts"
import { type BackupPlaces, scopeOf } from "./backup-places.ts"
import { findBackups, findDamaged, folderOf, makeFolder } from "./backups.ts"
import { copyBackup, operatorsMachine } from "./copy-backup.ts"
import { ageOf, type BackupManifest, bytesOf } from "./manifest.ts"
import { hold, keepNewest } from "./retention.ts"
import { takeBackup, timeAt } from "./take-backup.ts"
import { telling } from "./telling.ts"

export interface Freshness {
  /** Counted from when it was begun: what was written since is not in it. */
  readonly youngerThanSeconds: number
}

/**
 * The newest proven backup on the host that is young enough and whole, byte for byte; else one that is taken now. It has
 * its copy on the operator's machine then. For a cutover, right before anything stops: the backup is held from then on,
 * however many newer ones come, until the next cutover.
 *
 * Throws `host/disk-full`, `backup/dump-failed`, `backup/not-proven`, `backup/no-scratch-database`,
 * `backup/archive-failed`, `backup/signing-key-unseen`, `backup/copy-differs`, `backup/folder-unusable`.
 */
export async function ensureFreshBackup(
  context: Context,
  places: BackupPlaces,
  freshness: Freshness,
): Promise<BackupManifest> {
  return withBackups(context, places, async () => {
    const backup = await freshOne(context, places, freshness)
    await hold(context.host, places.folder, backup)
    if (places.rules.copyTo !== undefined) await hold(operatorsMachine, places.rules.copyTo, backup)
    return backup
  })
}

/** As {@link ensureFreshBackup}, for one that nothing rests on yet: it goes when newer ones come. */
export async function haveFreshBackup(
  context: Context,
  places: BackupPlaces,
  freshness: Freshness,
): Promise<BackupManifest> {
  return withBackups(context, places, () => freshOne(context, places, freshness))
}

/** One at a time: what a killed run has left is told from what another has at work. */
async function withBackups<T>({ host }: Context, { folder }: BackupPlaces, work: () => Promise<T>): Promise<T> {
  await makeFolder(host, folder)
  return host.withLock(posix.join(folder, ".lock"), work, { waitSeconds: 3600 })
}

async function freshOne(context: Context, places: BackupPlaces, freshness: Freshness): Promise<BackupManifest> {
  const { host } = context
  const backup = (await youngAndWhole(context, places, freshness)) ?? (await takeBackup(context, places))
  await copyToOperator(context, places, backup)
  await keepNewest(host, places.folder, places.rules.keep)
  if (places.rules.copyTo !== undefined) await keepNewest(operatorsMachine, places.rules.copyTo, places.rules.keep)
  return backup
}

async function youngAndWhole(
  { host, say }: Context,
  places: BackupPlaces,
  { youngerThanSeconds }: Freshness,
): Promise<BackupManifest | undefined> {
  const { folder } = places
  const now = await timeAt(host)
  for (const backup of await findBackups(host, folder)) {
    const age = ageOf(backup, now)
    // One of the future tells of a clock that was set back: nobody knows how old it is.
    if (age < 0 || age > youngerThanSeconds || backup.scope !== scopeOf(places)) continue
    const damaged = await findDamaged(host, folder, backup)
    if (damaged.length === 0) {
      say(`the backup ${folderOf(folder, backup)} is whole and ${formatDuration(age)} old: that will do`)
      return backup
    }
    say(`the backup ${folderOf(folder, backup)} no longer counts: ${damaged.join(", ")} is not as it was`)
  }
  return undefined
}

async function copyToOperator(
  context: Context,
  { folder, rules }: BackupPlaces,
  backup: BackupManifest,
): Promise<void> {
  const { copyTo } = rules
  if (copyTo === undefined) return
  let come = 0
  const say = (bytes: number) => {
    come = bytes
  }
  await telling(context, "copying the backup to this machine", {
    work: () => copyBackup(backup, { host: context.host, folder, copyTo, say }),
    far: async () => `${formatSize(come)} of ${formatSize(bytesOf(backup))}`,
  })
}
