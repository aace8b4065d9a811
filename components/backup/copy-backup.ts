import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { open } from "node:fs/promises"
import { posix } from "node:path"
import { pipeline } from "node:stream/promises"
import { refuseWriting } from "../host/file-refusals.ts"
import type { Host } from "../host/host.ts"
import { openHost } from "../host/open-host.ts"
import { Refusal } from "../report/refusal.ts"
import { findTouched, finish, folderOf, makeFolder, removeUnfinished, unfinishedFolder } from "./backups.ts"
import { type BackupFile, type BackupManifest, manifestName, writeManifest } from "./manifest.ts"

/** The machine that this runs on, where its operator sits. */
export const operatorsMachine: Host = openHost({ kind: "local" })

/** From the folder of backups on a host to the one on this machine. */
export interface Copying {
  readonly host: Host
  readonly folder: string
  readonly copyTo: string
  /** Told with each piece how many bytes have come. */
  readonly say: (bytes: number) => void
}

/**
 * Copies a backup to this machine (0700, files 0600), through streams, and compares the digest of each file as it lies
 * there afterwards. One that is there already is left alone. Throws `backup/copy-differs`, `host/disk-full`.
 */
export async function copyBackup(backup: BackupManifest, copying: Copying): Promise<void> {
  const { host, folder, copyTo } = copying
  await makeFolder(operatorsMachine, copyTo)
  await removeUnfinished(operatorsMachine, copyTo)
  if (await isThere(copyTo, backup)) return
  const target = unfinishedFolder(copyTo, backup.id)
  await makeFolder(operatorsMachine, target)
  try {
    let come = 0
    for (const file of backup.files) {
      const from = posix.join(folderOf(folder, backup), file.name)
      const to = posix.join(target, file.name)
      await copyFile(copying.host, from, to, (bytes) => copying.say(come + bytes))
      if ((await digestHere(to)) !== file.sha256) throw copyDiffers(host, from, to)
      await keepTime(to, file)
      come += file.bytes
    }
    await operatorsMachine.write(posix.join(target, manifestName), writeManifest(backup), { mode: 0o600 })
    await finish(operatorsMachine, copyTo, backup)
  } catch (error) {
    await removeUnfinished(operatorsMachine, copyTo)
    throw error
  }
}

/** Whether a whole copy is there: by sizes and times, which are those of the host's. */
async function isThere(copyTo: string, backup: BackupManifest): Promise<boolean> {
  const manifest = await operatorsMachine.readIfPresent(posix.join(folderOf(copyTo, backup), manifestName))
  if (manifest === undefined) return false
  if ((await findTouched(operatorsMachine, copyTo, backup)).length === 0) return true
  await operatorsMachine.exec(["rm", "-rf", "--", folderOf(copyTo, backup)])
  return false
}

async function copyFile(host: Host, from: string, to: string, say: (bytes: number) => void): Promise<void> {
  const source = await host.readStream(from)
  const file = await open(to, "wx", 0o600)
  let come = 0
  const counted = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      come += chunk.length
      say(come)
      yield chunk
    }
  }
  try {
    await pipeline(source, counted, file.createWriteStream({ flush: true }))
  } catch (cause) {
    throw refuseWriting(cause, { host: operatorsMachine.name, file: to })
  } finally {
    await file.close()
  }
}

async function digestHere(path: string): Promise<string> {
  const digest = createHash("sha256")
  await pipeline(createReadStream(path), digest)
  return digest.digest("hex")
}

async function keepTime(path: string, { modifiedAt }: BackupFile): Promise<void> {
  const file = await open(path, "r+")
  await file.utimes(modifiedAt, modifiedAt).finally(() => file.close())
}

function copyDiffers(host: Host, from: string, to: string): Refusal {
  return new Refusal({
    code: "backup/copy-differs",
    what: `The copy of ${posix.basename(from)} on this machine is not what is on the host`,
    where: { host: host.name, file: from },
    meaning: `The backup on the host stands; its copy ${to} was removed. Nothing was changed; the server goes on as it was.`,
    next: "Run again. Where it stays so, look at the disks of both machines.",
  })
}
