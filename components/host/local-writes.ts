import { type BigIntStats, constants } from "node:fs"
import { access, type FileHandle, lstat, mkdir, open, rename, unlink } from "node:fs/promises"
import { Refusal } from "../report/refusal.ts"
import { errorNumberOf, refuseWriting } from "./file-refusals.ts"
import type { Change } from "./host.ts"
import { keepExtendedAttributes } from "./kept-attributes.ts"
import { readWhole } from "./local-files.ts"
import { lockPathAt, withLockAt } from "./local-lock.ts"
import { namesBeside } from "./own-names.ts"
import {
  demandOwnGround,
  demandPlain,
  isSameFile,
  openPlain,
  pathOf,
  pin,
  pinPlain,
  reach,
  type Spot,
} from "./safe-path.ts"

const host = "this machine"
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants

interface Attributes {
  readonly mode: number
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined
  /** Of which it gets the access control list and the extended attributes as well. */
  readonly like?: FileHandle
}

export async function replaceLocal(path: string, { before, after }: Change): Promise<void> {
  await inWords(path, async () => {
    await using spot = await reach(path, { followLast: true })
    await demandWritable(spot)
    await demandStill(spot, before)
    const lock = { path: await lockPathAt(spot, "being-replaced"), guarded: path }
    await withLockAt(lock, async () => {
      const { handle, facts } = await openPlain(spot)
      try {
        const attributes = { ...attributesOf(facts), like: handle }
        await writeInOneStep(spot, after, attributes, () => demandStill(spot, before))
      } finally {
        await handle.close()
      }
    })
  })
}

export async function writeLocal(
  path: string,
  text: string,
  attributes: { readonly mode: number; readonly like?: string },
): Promise<void> {
  const { like, mode } = attributes
  const owner = like === undefined ? undefined : await inWords(like, () => ownerLike(like))
  await inWords(path, async () => {
    await using spot = await reach(path, { makeFolder: (at) => mkdir(at, { mode: 0o700 }) })
    await writeInOneStep(spot, text, { mode, owner })
  })
}

/** Of a plain file, or of a folder. */
async function ownerLike(path: string) {
  await using spot = await reach(path, { followLast: true })
  const { handle, facts } = await pin(spot)
  await handle.close()
  if (!facts.isDirectory()) demandPlain(spot, facts)
  return ownerOf(facts)
}

/**
 * Opens a file of ours for a program's output: emptied, for its owner only where it is made. What has another name, or is no
 * plain file, is refused before it is touched.
 */
export async function openForOutput(path: string): Promise<FileHandle> {
  return await inWords(path, async () => {
    await using spot = await reach(path)
    try {
      return await open(spot.at, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    } catch (error) {
      if (errorNumberOf(error) !== "EEXIST") throw error
    }
    const { handle, facts } = await openPlain(spot, O_WRONLY)
    if (facts.isFile()) await handle.truncate()
    return handle
  })
}

function attributesOf(facts: BigIntStats): Attributes {
  return { mode: Number(facts.mode) & 0o7777, owner: ownerOf(facts) }
}

function ownerOf({ uid, gid }: BigIntStats) {
  return { uid: Number(uid), gid: Number(gid) }
}

async function demandWritable(spot: Spot): Promise<void> {
  await access(pathOf(spot.folder), constants.W_OK | constants.X_OK)
  const { handle } = await pinPlain(spot)
  await access(pathOf(handle), constants.W_OK).finally(() => handle.close())
}

async function demandStill(spot: Spot, before: string): Promise<void> {
  const { handle } = await openPlain(spot)
  try {
    if (!(await readWhole(handle, spot.path)).equals(Buffer.from(before))) throw changedUnderneath(spot.path)
  } finally {
    await handle.close()
  }
}

/**
 * All of it below the handle of the folder; what lies at the name, of whatever kind, is taken out of its place by the rename,
 * and not followed, opened or changed. A folder is refused by the rename itself.
 *
 * Our own, since write-file-atomic 8.0.0 takes the disk's short write for a whole one (seen on a full tmpfs: 61,440 of
 * 200,000 bytes put in place, no error), lets an owner that cannot be kept change, and does not sync the folder.
 */
async function writeInOneStep(
  spot: Spot,
  text: string,
  attributes: Attributes,
  lastLook: () => Promise<void> = async () => {},
): Promise<void> {
  demandOwnGround(spot, spot.folderFacts)
  const temporary = spot.beside(namesBeside.temporary(spot.name))
  const file = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    await fill(file, text, attributes)
    await lastLook()
    await rename(temporary, spot.at)
    await demandInPlace(spot, file)
  } catch (error) {
    await unlink(temporary).catch(() => {})
    throw error
  } finally {
    await file.close()
  }
  await syncFolder(spot)
}

/** The mode comes last: a change of owner takes set-id bits away. */
async function fill(file: FileHandle, text: string, { mode, owner, like }: Attributes): Promise<void> {
  await file.writeFile(text, "utf8")
  const made = await file.stat()
  if (owner && (owner.uid !== made.uid || owner.gid !== made.gid)) await file.chown(owner.uid, owner.gid)
  if (like !== undefined) await keepExtendedAttributes(like, file)
  await file.chmod(mode)
  await file.sync()
}

/** Whoever can write the folder could have changed what lay under the temporary name. */
async function demandInPlace(spot: Spot, file: FileHandle): Promise<void> {
  const there = await lstat(spot.at, { bigint: true })
  if (!isSameFile(there, await file.stat({ bigint: true }))) throw changedUnderneath(spot.path)
}

async function syncFolder(spot: Spot): Promise<void> {
  const handle = await open(pathOf(spot.folder), constants.O_RDONLY | constants.O_DIRECTORY)
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
