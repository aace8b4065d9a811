import { openDatabase } from "../host/database.ts"
import type { Host } from "../host/host.ts"
import { formatSize } from "../report/sizes.ts"
import type { BackupPlaces } from "./backup-places.ts"
import { operatorsMachine } from "./copy-backup.ts"
import { diskAt, diskOfCluster, type Need } from "./disk-space.ts"
import { type BackupManifest, type Side, sides } from "./manifest.ts"
import { findSmallFiles, type SmallFiles } from "./small-files.ts"

/** How much there is to back up. All in bytes. */
export interface Estimate {
  readonly databases: Readonly<Record<Side, { readonly whole: number; readonly dump: number }>>
  readonly smallFiles: SmallFiles
  readonly media: number
}

/**
 * Measures what a backup will take. Of a dump only its order is known beforehand: as the last one was, in proportion; for
 * the first one, as large as the tables are without their indexes, which is more than it will be.
 */
export async function estimateBackup(
  host: Host,
  places: BackupPlaces,
  last: BackupManifest | undefined,
): Promise<Estimate> {
  const smallFiles = await findSmallFiles(host, places)
  const databases = {
    synapse: await measure(host, places, "synapse", last),
    mas: await measure(host, places, "mas", last),
  }
  return { databases, smallFiles, media: await bytesIn(host, smallFiles.media) }
}

/** In words, for people. */
export function describeEstimate({ databases, smallFiles, media }: Estimate): string {
  const parts = [
    ...sides.map((side) => `${side === "mas" ? "MAS" : "Synapse"}'s database (${formatSize(databases[side].whole)})`),
    `${smallFiles.files.length} small files (${formatSize(smallFiles.bytes)})`,
    ...(smallFiles.media.length === 0 ? [] : [`the media (${formatSize(media)})`]),
  ]
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`
}

/** What has to be free, and where: for the files on the host and their copies, and for each dump's proof in its cluster. */
export async function needsOf(host: Host, places: BackupPlaces, estimate: Estimate): Promise<readonly Need[]> {
  const { folder, rules, databases } = places
  const bytes = sides.reduce((sum, side) => sum + estimate.databases[side].dump, 0)
  const files = bytes + estimate.smallFiles.bytes + estimate.media
  const there = { what: "the backup", disk: await diskAt(host, folder), bytes: files }
  const copies =
    rules.copyTo === undefined
      ? []
      : [{ what: "its copy", disk: await diskAt(operatorsMachine, rules.copyTo), bytes: files }]
  const proofs = await Promise.all(
    sides.map(async (side) => {
      const disk = await diskOfCluster(host, databases[side])
      const what = `${databases[side].database} restored once`
      return disk === undefined ? [] : [{ what, disk, bytes: estimate.databases[side].whole }]
    }),
  )
  return [there, ...copies, ...proofs.flat()]
}

async function measure(host: Host, { databases }: BackupPlaces, side: Side, last: BackupManifest | undefined) {
  await using session = await openDatabase(host, databases[side])
  const { whole, tables } = await session.row<{ whole: string; tables: string }>(`
    SELECT pg_database_size(current_database()) AS whole,
      coalesce((SELECT sum(pg_table_size(oid)) FROM pg_class WHERE relkind IN ('r', 'm') AND relnamespace >= 16384
        OR relkind IN ('r', 'm') AND relnamespace = 'public'::regnamespace), 0) AS tables`)
  const before = last?.databases[side].bytes
  const dumped = last?.files.find(({ name }) => name === dumpName(side))?.bytes
  const dump = before && dumped !== undefined ? Math.ceil(dumped * (Number(whole) / before) * 1.3) : Number(tables)
  return { whole: Number(whole), dump }
}

/** Name of a database's dump in a backup's folder. */
export function dumpName(side: Side): string {
  return `${side}.dump`
}

async function bytesIn(host: Host, folders: readonly string[]): Promise<number> {
  if (folders.length === 0) return 0
  const { stdout } = await host.exec(["du", "-sk", "--", ...folders], { timeoutSeconds: 3600 })
  return stdout.split("\n").reduce((sum, line) => sum + Number.parseInt(line || "0", 10) * 1024, 0)
}
