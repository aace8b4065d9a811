import { type BigIntStats, constants } from "node:fs"
import { type FileHandle, lstat, open, readdir, readlink } from "node:fs/promises"
import { Refusal } from "../report/refusal.ts"
import { formatSize } from "../report/sizes.ts"
import { errorNumberOf, refuseReading, refuseWriting } from "./file-refusals.ts"
import type { Packed, Packing } from "./host.ts"
import { openForOutput } from "./local-writes.ts"
import { kindOf, notPlain } from "./planted.ts"
import { demandOwnGround, isOthers, isSameFile, isTrusted, O_PATH, pathOf, reach } from "./safe-path.ts"
import { endOfTar, folderEntry, headOf, linkEntry, paddingFor } from "./tar-entries.ts"

const host = "this machine"
const { O_NOFOLLOW, O_NONBLOCK, O_NOCTTY, O_RDONLY } = constants
const pieceBytes = 1024 * 1024
/** Each level holds a folder open; nobody's media are as deep. */
const mostLevels = 64

interface Archive {
  readonly to: string
  readonly out: FileHandle
  readonly mostBytes: number
  readonly folders: Set<string>
  readonly leftOut: Packed["leftOut"][number][]
}

/** A folder above something that is packed, and whether somebody else could put a link in its place. */
interface Above {
  readonly path: string
  readonly facts: BigIntStats
}

/** What lies in a folder that is held open: what is opened by its name there is of that very folder. */
interface Entry {
  readonly at: string
  readonly path: string
  readonly folderFacts: BigIntStats
  /** Throws `host/file-not-plain` for what a link on the way must not lead to. */
  readonly demandGround: (facts: BigIntStats) => void
}

/** As `Host.pack`. */
export async function packLocal(
  to: string,
  { paths, alone = [], mostBytes = Number.POSITIVE_INFINITY }: Packing,
): Promise<Packed> {
  const out = await openForOutput(to)
  const archive: Archive = { to, out, mostBytes, folders: new Set(), leftOut: [] }
  try {
    for (const path of alone) await leavingOut(archive, path, () => packAlone(archive, path))
    for (const path of paths) await leavingOut(archive, path, () => packPath(archive, path))
    await put(archive, endOfTar)
    await out.sync()
  } finally {
    await out.close()
  }
  return { folders: [...archive.folders], leftOut: archive.leftOut }
}

/** What is planted is told, and stops nothing. */
async function leavingOut(archive: Archive, path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    const error = refuseReading(cause, { host, file: path })
    const isPlanted = error instanceof Refusal && /^host\/file-(not-plain|changed)$/.test(error.code)
    if (!isPlanted) throw error
    archive.leftOut.push({ path, why: error })
  }
}

async function packPath(archive: Archive, path: string): Promise<void> {
  const above: Above[] = []
  await using spot = await reach(path, {
    onFolder: ({ path: found, facts }) => above.push({ path: found, facts }),
  })
  if (spot.doubted.length === 0) await packFoldersAbove(archive, above.slice(1))
  const { at, folderFacts } = spot
  await packEntry(archive, { at, path, folderFacts, demandGround: (facts) => demandOwnGround(spot, facts) }, 0)
}

/** It is there for its owner and mode. */
async function packAlone(archive: Archive, path: string): Promise<void> {
  const above: Above[] = []
  await using spot = await reach(`${path}/.`, {
    onFolder: ({ path: found, facts }) => above.push({ path: found, facts }),
  })
  demandOwnGround(spot, spot.folderFacts)
  if (spot.doubted.length === 0) await packFoldersAbove(archive, above.slice(1))
  if (archive.folders.has(path)) return
  archive.folders.add(path)
  await put(archive, folderEntry(path, spot.folderFacts))
}

/** Those whose owner and mode tar would not make by itself, and those at whose name a link can be planted. */
async function packFoldersAbove(archive: Archive, above: readonly Above[]): Promise<void> {
  for (const [index, { path, facts }] of above.entries()) {
    const isUsual = facts.uid === 0n && facts.gid === 0n && (facts.mode & 0o7777n) === 0o755n
    const parent = above[index - 1]
    const isInOthers = parent !== undefined && isOthers(parent.facts)
    if ((isUsual && !isInOthers) || archive.folders.has(path)) continue
    archive.folders.add(path)
    await put(archive, folderEntry(path, facts))
  }
}

async function packEntry(archive: Archive, entry: Entry, level: number): Promise<void> {
  const handle = await open(entry.at, O_PATH | O_NOFOLLOW)
  try {
    const facts = await handle.stat({ bigint: true })
    entry.demandGround(facts)
    if (facts.isSymbolicLink()) return await packLink(archive, entry, facts)
    if (facts.isDirectory()) return await packFolder(archive, entry, { handle, facts, level })
    demandPlain(entry, facts)
    if (facts.size > archive.mostBytes)
      throw notPlain(entry.path, `${formatSize(Number(facts.size))}, more than a small file`)
    await packFile(archive, entry.path, handle)
  } finally {
    await handle.close()
  }
}

/** With a second name in a folder that others can write it could be anybody's, unless it is their own. */
function demandPlain({ path, folderFacts }: Entry, facts: BigIntStats): void {
  const isTheirs = facts.uid === folderFacts.uid && !isTrusted(facts.uid)
  if (facts.isFile() && (facts.nlink <= 1n || isTheirs || !isOthers(folderFacts))) return
  throw notPlain(path, kindOf(facts))
}

async function packLink(archive: Archive, { at, path }: Entry, facts: BigIntStats): Promise<void> {
  const target = await readlink(at)
  // What was read has to be of the link that was looked at.
  if (!isSameFile(facts, await lstat(at, { bigint: true })))
    throw Object.assign(new Error(`ELOOP: ${path}`), { code: "ELOOP" })
  await put(archive, linkEntry(path, facts, target))
}

interface OpenedFolder {
  readonly handle: FileHandle
  readonly facts: BigIntStats
  readonly level: number
}

/** With all that is in it, as far down as it goes; what goes away meanwhile is none of it. */
async function packFolder(archive: Archive, { path }: Entry, { handle, facts, level }: OpenedFolder): Promise<void> {
  if (level > mostLevels) throw notPlain(path, `more than ${mostLevels} folders deep`)
  await put(archive, folderEntry(path, facts))
  for (const name of (await readdir(pathOf(handle))).sort()) {
    const below: Entry = {
      at: `${pathOf(handle)}/${name}`,
      path: `${path}/${name}`,
      folderFacts: facts,
      demandGround: () => {},
    }
    await leavingOut(archive, below.path, () => packEntry(archive, below, level + 1).catch(ignoreMissing))
  }
}

/** As many bytes as it had when it was opened: of one that grows, those; of one that shrinks, noughts in their place, as GNU tar has it. */
async function packFile(archive: Archive, path: string, pinned: FileHandle): Promise<void> {
  const handle = await open(pathOf(pinned), O_RDONLY | O_NONBLOCK | O_NOCTTY)
  try {
    const facts = await handle.stat({ bigint: true })
    const size = Number(facts.size)
    await put(archive, headOf(path, facts))
    for (let left = size; left > 0; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(left, pieceBytes)))
      // An empty piece is one of noughts.
      const piece = bytesRead === 0 ? buffer : buffer.subarray(0, bytesRead)
      await put(archive, piece)
      left -= piece.length
    }
    await put(archive, paddingFor(size))
  } finally {
    await handle.close()
  }
}

async function put({ out, to }: Archive, bytes: Buffer): Promise<void> {
  try {
    await out.writeFile(bytes)
  } catch (cause) {
    throw refuseWriting(cause, { host, file: to })
  }
}

function ignoreMissing(error: unknown): void {
  if (errorNumberOf(error) !== "ENOENT") throw error
}
