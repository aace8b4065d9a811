import { posix } from "node:path"
import type { Argv, Host } from "../host/host.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"
import { digestOf } from "./file-digest.ts"
import { type BackupFile, type BackupManifest, manifestName, readManifest } from "./manifest.ts"

/** What a folder of one backup is called; whatever else lies there is not ours. */
const isBackup = /^\d{8}T\d{6}Z-[0-9a-f]{4}$/
/** What one is called before it is whole. */
const isUnfinished = /^\.unfinished-\d{8}T\d{6}Z-[0-9a-f]{4}$/

/** Where a backup is put together: under another name, so that a half of one is never taken for one. */
export function unfinishedFolder(folder: string, id: string): string {
  return posix.join(folder, `.unfinished-${id}`)
}

/** Folder of a backup that is whole. */
export function folderOf(folder: string, { id }: Pick<BackupManifest, "id">): string {
  return posix.join(folder, id)
}

/** The proven backups in a folder, newest first; none where there is no folder. Looks at nothing but their manifests. */
export async function findBackups(host: Host, folder: string): Promise<readonly BackupManifest[]> {
  const ids = (await listed(host, folder)).filter((name) => isBackup.test(name))
  const found = await Promise.all(
    ids.map(async (id) => {
      const manifest = readManifest((await host.readIfPresent(posix.join(folder, id, manifestName))) ?? "")
      return manifest?.id === id ? [manifest] : []
    }),
  )
  return found.flat().sort((one, other) => other.takenAt.localeCompare(one.takenAt) || other.id.localeCompare(one.id))
}

/**
 * Which of a backup's files are gone or were altered, by size and time: cheap enough for every preview. Whether each
 * byte is as it was says {@link findDamaged}.
 */
export async function findTouched(host: Host, folder: string, backup: BackupManifest): Promise<readonly string[]> {
  const facts = await Promise.all(
    backup.files.map(({ name }) => host.stat(posix.join(folderOf(folder, backup), name)).catch(undefinedIfMissing)),
  )
  const isAsWritten = ({ bytes, modifiedAt }: BackupFile, index: number) => {
    const now = facts[index]
    return now !== undefined && now.size === bytes && Math.floor(now.modifiedAt.getTime() / 1000) === modifiedAt
  }
  return backup.files.filter((file, index) => !isAsWritten(file, index)).map(({ name }) => name)
}

/** Which of a backup's files do not have the bytes that they had: reads them all, on the host. */
export async function findDamaged(host: Host, folder: string, backup: BackupManifest): Promise<readonly string[]> {
  const damaged: string[] = []
  for (const { name, bytes, sha256 } of backup.files) {
    const now = await digestOf(host, posix.join(folderOf(folder, backup), name)).catch(undefinedIfMissing)
    if (now === undefined || now.bytes !== bytes || now.sha256 !== sha256) damaged.push(name)
  }
  return damaged
}

/** Removes what killed runs have left half-done. Not while one is at work. */
export async function removeUnfinished(host: Host, folder: string): Promise<void> {
  const left = (await listed(host, folder)).filter((name) => isUnfinished.test(name))
  if (left.length > 0) await demand(host, ["rm", "-rf", "--", ...left.map((name) => posix.join(folder, name))], folder)
}

export async function removeBackup(host: Host, folder: string, backup: BackupManifest): Promise<void> {
  // The manifest first: a kill in between leaves what is no backup, and not one without its files.
  await host.remove(posix.join(folderOf(folder, backup), manifestName))
  await demand(host, ["rm", "-rf", "--", folderOf(folder, backup)], folder)
}

/** As `Host.makeFolder`. Throws `backup/folder-unusable`, `host/folder-not-ours`. */
export async function makeFolder(host: Host, folder: string): Promise<void> {
  await host.makeFolder(folder).catch((cause) => {
    if (!(cause instanceof Refusal) || cause.code === "host/folder-not-ours") throw cause
    throw unusable(host, folder, cause.what)
  })
}

/** Gives a backup its name: from then on it is one. */
export async function finish(host: Host, folder: string, { id }: Pick<BackupManifest, "id">): Promise<void> {
  await demand(host, ["mv", "--", unfinishedFolder(folder, id), posix.join(folder, id)], folder)
}

/** Runs a program that has to succeed. Throws `backup/folder-unusable`. */
export async function demand(host: Host, argv: Argv, folder: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.exec(argv)
  if (exitCode === 0) return stdout
  throw unusable(host, folder, `${argv[0]} ended with exit code ${exitCode}: ${quoted(stderr.trim())}`)
}

function unusable(host: Host, folder: string, what: string): Refusal {
  return new Refusal({
    code: "backup/folder-unusable",
    what,
    where: { host: host.name, file: folder },
    meaning: "There is no new backup. Nothing else was changed; the server goes on as it was.",
    next: "Put right what it says, then run again.",
  })
}

async function listed(host: Host, folder: string): Promise<readonly string[]> {
  const { stdout } = await host.exec(["ls", "-1A", "--", folder])
  return stdout.split("\n").filter(Boolean)
}

function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof Refusal && error.code === "host/file-missing") return undefined
  throw error
}
