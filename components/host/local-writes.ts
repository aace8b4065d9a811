import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import { access, type FileHandle, mkdir, open, readFile, realpath, rename, rm, stat } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { Refusal } from "../report/refusal.ts"
import { errorNumberOf, refuseWriting } from "./file-refusals.ts"
import type { Change } from "./host.ts"
import { withLocalLock } from "./local-lock.ts"

const host = "this machine"

interface Attributes {
  readonly mode: number
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined
}

export async function replaceLocal(path: string, { before, after }: Change): Promise<void> {
  const target = await inWords(path, () => realpath(path))
  const stillBefore = async () => {
    if (!(await readFile(target)).equals(Buffer.from(before))) throw changedUnderneath(path)
  }
  await inWords(path, async () => {
    await access(dirname(target), constants.W_OK | constants.X_OK)
    await access(target, constants.W_OK)
    await stillBefore()
  })
  await withLocalLock(join(dirname(target), `.${basename(target)}.being-replaced`), () =>
    inWords(path, async () => {
      const { mode, uid, gid } = await stat(target)
      await writeInOneStep(target, after, { mode: mode & 0o7777, owner: { uid, gid } }, stillBefore)
    }),
  )
}

export async function writeLocal(
  path: string,
  text: string,
  attributes: { readonly mode: number; readonly like?: string },
): Promise<void> {
  await inWords(path, async () => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const owner = attributes.like === undefined ? undefined : await stat(attributes.like)
    await writeInOneStep(await followed(path), text, { mode: attributes.mode, owner })
  })
}

/** Where a link leads; a path that is no link, or is nothing yet, is itself. */
async function followed(path: string): Promise<string> {
  return realpath(path).catch((error) => {
    if (errorNumberOf(error) === "ENOENT") return path
    throw error
  })
}

/**
 * Our own, since write-file-atomic 8.0.0 takes the disk's short write for a whole one (seen on a full tmpfs: 61,440 of
 * 200,000 bytes put in place, no error), lets an owner that cannot be kept change, and does not sync the folder.
 */
async function writeInOneStep(
  target: string,
  text: string,
  attributes: Attributes,
  lastLook: () => Promise<void> = async () => {},
): Promise<void> {
  // The name ends in nothing that a folder of settings is read for (*.yaml, *.conf).
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.new`)
  try {
    const file = await open(temporary, "wx", 0o600)
    try {
      await fill(file, text, attributes)
    } finally {
      await file.close()
    }
    await lastLook()
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(target))
}

/** The mode comes last: a change of owner takes set-id bits away. */
async function fill(file: FileHandle, text: string, { mode, owner }: Attributes): Promise<void> {
  await file.writeFile(text, "utf8")
  const made = await file.stat()
  if (owner && (owner.uid !== made.uid || owner.gid !== made.gid)) await file.chown(owner.uid, owner.gid)
  await file.chmod(mode)
  await file.sync()
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function inWords<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw refuseWriting(cause, { host, file: path })
  }
}

function changedUnderneath(path: string): Refusal {
  return new Refusal({
    code: "host/file-changed",
    what: `${path} was changed by somebody else since we read it`,
    where: { host, file: path },
    meaning: "Nothing was written: their change stands.",
    next: "Look at the file, then run again; the change is then worked out anew from what the file says.",
  })
}
