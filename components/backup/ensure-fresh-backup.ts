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
 * A backup that is begun now, whatever others there are: for right before anything stops. An account, a key or a session
 * made since an older one would be missing from it, however young it is. Its copy is on the operator's machine then, and it
 * is held from then on, however many newer ones come, until the next cutover.
 *
 * Throws `host/disk-full`, `backup/dump-failed`, `backup/not-proven`, `backup/no-scratch-database`,
 * `backup/archive-failed`, `backup/signing-key-unseen`, `backup/copy-differs`, `backup/folder-unusable`.
 */
export async function ensureFreshBackup(context: Context, places: BackupPlaces): Promise<BackupManifest> {
  return withBackups(context, places, async () => {
    const backup = await takeBackup(context, places)
    await hold(context.host, places.folder, backup)
    await copyAndTidy(context, places, backup, () => hold(operatorsMachine, places.rules.copyTo ?? "", backup))
    return backup
  })
}

/** As {@link ensureFreshBackup}, but not held: it goes when newer ones come. */
export async function takeFreshBackup(context: Context, places: BackupPlaces): Promise<BackupManifest> {
  return withBackups(context, places, async () => {
    const backup = await takeBackup(context, places)
    await copyAndTidy(context, places, backup)
    return backup
  })
}

/**
 * The newest proven backup on the host that is young enough and whole, byte for byte; else one that is taken now. For what
 * lets Synapse serve on: nobody's account or key rests on it.
 */
export async function haveFreshBackup(
  context: Context,
  places: BackupPlaces,
  freshness: Freshness,
): Promise<BackupManifest> {
  return withBackups(context, places, async () => {
    const backup = (await youngAndWhole(context, places, freshness)) ?? (await takeBackup(context, places))
    await copyAndTidy(context, places, backup)
    return backup
  })
}

/** One at a time: what a killed run has left is told from what another has at work. */
async function withBackups<T>({ host }: Context, { folder }: BackupPlaces, work: () => Promise<T>): Promise<T> {
  await makeFolder(host, folder)
  return host.withLock(posix.join(folder, ".lock"), work, { waitSeconds: 3600 })
}

/** Copies it, and lets go of those that it replaces; here, and there only once the copy is whole. */
async function copyAndTidy(
  context: Context,
  places: BackupPlaces,
  backup: BackupManifest,
  copied: () => Promise<void> = async () => {},
): Promise<void> {
  const { folder, rules } = places
  await copyToOperator(context, places, backup)
  if (rules.copyTo !== undefined) await copied()
  await keepNewest(context.host, folder, { keep: rules.keep, current: backup })
  if (rules.copyTo !== undefined)
    await keepNewest(operatorsMachine, rules.copyTo, { keep: rules.keep, current: backup })
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
