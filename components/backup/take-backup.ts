import { randomBytes } from "node:crypto"
import { posix } from "node:path"
import type { Host } from "../host/host.ts"
import { knownIfContainer } from "../host/inspection.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import { formatDuration } from "../report/durations.ts"
import { Refusal } from "../report/refusal.ts"
import { formatSize } from "../report/sizes.ts"
import { archiveFiles } from "./archive.ts"
import { type BackupPlaces, scopeOf } from "./backup-places.ts"
import { demand, findBackups, finish, makeFolder, removeUnfinished, unfinishedFolder } from "./backups.ts"
import { totalRows } from "./count-rows.ts"
import { demandRoom } from "./disk-space.ts"
import { dumpAndCount, endLeftoverDumps, partOf, type WrittenFile } from "./dump-database.ts"
import { describeEstimate, dumpName, type Estimate, estimateBackup, needsOf } from "./estimate.ts"
import { digestOf } from "./file-digest.ts"
import { type BackupManifest, bytesOf, manifestName, type Side, sides, writeManifest } from "./manifest.ts"
import { proveDump } from "./prove-dump.ts"
import { realPathsOf } from "./real-paths.ts"
import { digestsName, guideName, mediaName, restoreGuide } from "./restore-guide.ts"
import { dropLeftoverScratch } from "./scratch-database.ts"
import { findSmallFiles, largestBytes, leftOutNote } from "./small-files.ts"
import { telling } from "./telling.ts"

/**
 * Takes a backup and proves it: room first, then each database dumped, restored into a scratch database and counted, then
 * the files. It is there under its name only when all of that is done; a failure leaves nothing. One at a time: under the
 * lock of {@link ensureFreshBackup}.
 */
export async function takeBackup(context: Context, places: BackupPlaces): Promise<BackupManifest> {
  const { host, say } = context
  const { folder } = places
  const begin = performance.now()
  await clearLeftovers(context, places)
  const [last] = await findBackups(host, folder)
  const estimate = await estimateBackup(host, places, last)
  demandRoom(await needsOf(host, places, estimate))
  say(`backing up ${describeEstimate(estimate)}`)
  for (const note of estimate.smallFiles.notes) say(note)
  const takenAt = await timeAt(host)
  const id = `${takenAt.toISOString().replace(/[-:]|\.\d+/g, "")}-${randomBytes(2).toString("hex")}`
  const unfinished = unfinishedFolder(folder, id)
  await makeFolder(host, unfinished)
  try {
    const parts = await fill(context, places, { folder: unfinished, estimate })
    const times = { takenAt: takenAt.toISOString(), provenAt: (await timeAt(host)).toISOString() }
    const { folders, ...held } = parts
    const guides = await writeGuides(host, places, { ...parts, ...times, id })
    const manifest: BackupManifest = {
      ...{ format: 1, scope: scopeOf(places), id, ...times, ...held },
      files: [...parts.files, ...guides],
      images: await imagesOf(host, places),
    }
    await host.write(posix.join(unfinished, manifestName), writeManifest(manifest), { mode: 0o600 })
    await demand(host, ["sync", "--", ...manifest.files.map(({ name }) => posix.join(unfinished, name))], folder)
    await finish(host, folder, manifest)
    const took = formatDuration((performance.now() - begin) / 1000)
    say(`backed up and proven by a restore: ${formatSize(bytesOf(manifest))} in ${took}, ${posix.join(folder, id)}`)
    return manifest
  } catch (error) {
    await removeUnfinished(host, folder)
    throw error
  }
}

/** For the night in which nothing of ours is at hand: what to type, and by what one sees that the files are whole. */
async function writeGuides(
  host: Host,
  places: BackupPlaces,
  backup: Parts & Pick<BackupManifest, "id" | "takenAt">,
): Promise<BackupManifest["files"]> {
  const write = async (name: string, text: string) => {
    const path = posix.join(unfinishedFolder(places.folder, backup.id), name)
    await host.write(path, text, { mode: 0o600 })
    return described(host, await digestOf(host, path))
  }
  const configs = sides.map((side) => places.services[side].config)
  const guide = await write(guideName, restoreGuide(places, backup, (await realPathsOf(host, configs)).real))
  const digests = [...backup.files, guide].map(({ name, sha256 }) => `${sha256}  ${name}\n`)
  return [guide, await write(digestsName, digests.join(""))]
}

/** The host's own clock: it is what a backup's age goes by, whoever's machine this is. */
export async function timeAt(host: Host): Promise<Date> {
  const { stdout } = await host.exec(["date", "-u", "+%s"])
  return new Date(Number.parseInt(stdout, 10) * 1000)
}

async function clearLeftovers({ host, say }: Context, { folder, databases }: BackupPlaces): Promise<void> {
  await removeUnfinished(host, folder)
  for (const side of sides) {
    const source = databases[side]
    const ended = await endLeftoverDumps(host, source)
    if (ended > 0) say(`a pg_dump of ${source.database} that a killed run had left at work was ended`)
    for (const name of await dropLeftoverScratch(host, { source, folder })) {
      say(`${name}, a scratch database that a killed run had left, was dropped`)
    }
  }
}

interface Filling {
  readonly folder: string
  readonly estimate: Estimate
}

type Parts = Pick<BackupManifest, "files" | "databases" | "smallFiles"> & {
  /** Folders that are in the archive of the small files by themselves. */
  readonly folders: readonly string[]
}

async function fill(context: Context, places: BackupPlaces, filling: Filling): Promise<Parts> {
  const { host } = context
  const synapse = await dumpSide(context, places, filling, "synapse")
  const mas = await dumpSide(context, places, filling, "mas")
  const small = await archiveSmallFiles(context, places, posix.join(filling.folder, "files.tar"))
  const media = await archiveMedia(context, filling)
  const files = await Promise.all([synapse.file, mas.file, small.file, ...media].map((file) => described(host, file)))
  const { folders, held } = small
  return { files, databases: { synapse: synapse.database, mas: mas.database }, smallFiles: held, folders }
}

async function dumpSide(context: Context, places: BackupPlaces, { folder, estimate }: Filling, side: Side) {
  const { host, say } = context
  const source = places.databases[side]
  const to = posix.join(folder, dumpName(side))
  const begin = performance.now()
  const { file, rows, gone, ...about } = await telling(context, `pg_dump of ${source.database}`, {
    work: () => dumpAndCount(host, source, to),
    far: async () => formatSize((await host.stat(partOf(to)).catch(() => host.stat(to))).size),
  })
  await telling(context, `restoring ${source.database} once, as proof`, {
    work: () => proveDump(host, file.path, { source, folder: places.folder, expected: rows, gone }),
    far: async () => `a dump of ${formatSize(file.bytes)}`,
  })
  const what = `${Object.keys(rows).length} tables, ${totalRows(rows)} rows`
  const took = formatDuration((performance.now() - begin) / 1000)
  if (gone.length > 0) say(`${gone.join(", ")}: changed right after the dump, so restored and not counted`)
  say(`${source.database}: ${what} in ${formatSize(file.bytes)}, restored once and counted again (${took})`)
  const bytes = estimate.databases[side].whole
  return { file, database: { database: source.database, ...about, bytes, rows } }
}

/** Once more where a file went away, or changed, between being found and being read. */
async function archiveSmallFiles({ host, say }: Context, places: BackupPlaces, to: string) {
  const archive = async () => {
    const { files: paths, essential: compared, folders: alone, bytes } = await findSmallFiles(host, places)
    const { file, folders, leftOut } = await archiveFiles(host, to, { paths, alone, compared, mostBytes: largestBytes })
    for (const { path, why } of leftOut) say(leftOutNote(path, why))
    return { file, folders, held: { count: paths.length - leftOut.length, bytes } }
  }
  return archive().catch((error) => {
    if (error instanceof Refusal && error.code === "backup/archive-failed") return archive()
    throw error
  })
}

async function archiveMedia(context: Context, { folder, estimate }: Filling): Promise<readonly WrittenFile[]> {
  const { media: paths } = estimate.smallFiles
  if (paths.length === 0) return []
  const to = posix.join(folder, mediaName)
  const far = async () => `${formatSize((await context.host.stat(to)).size)} of about ${formatSize(estimate.media)}`
  const work = () => archiveFiles(context.host, to, { paths })
  const { file, leftOut } = await telling(context, "the media", { work, far })
  const [first] = leftOut
  if (first !== undefined)
    context.say(`${leftOut.length} of the media are not in the backup, such as ${first.path}: ${first.why.what}`)
  return [file]
}

async function described(host: Host, { path, bytes, sha256 }: WrittenFile): Promise<BackupManifest["files"][number]> {
  const { modifiedAt } = await host.stat(path)
  return { name: posix.basename(path), bytes, sha256, modifiedAt: Math.floor(modifiedAt.getTime() / 1000) }
}

async function imagesOf(host: Host, { services }: BackupPlaces): Promise<Readonly<Record<string, string>>> {
  const found = await Promise.all(
    sides.map(async (side) => {
      const { service } = services[side]
      const inspection = service.container === undefined ? undefined : await knownIfContainer(host, service)
      return inspection === undefined ? [] : [[side, inspection.image.reference] as const]
    }),
  )
  return Object.fromEntries(found.flat())
}
