import type { BigIntStats } from "node:fs"
import { type FileHandle, unlink } from "node:fs/promises"
import type { Readable } from "node:stream"
import { Refusal } from "../report/refusal.ts"
import { formatSize } from "../report/sizes.ts"
import { errorNumberOf, refuseReading, refuseWriting } from "./file-refusals.ts"
import type { FileFacts, Way } from "./host.ts"
import { openPlain, pin, reach } from "./safe-path.ts"

const host = "this machine"
/** More is no text of anybody's config: one could be grown until there is no memory left. */
const mostBytes = 64 * 1024 * 1024

export async function readLocal(path: string): Promise<string> {
  const bytes = await readBytes(path).catch((cause) => {
    throw refuseReading(cause, { host, file: path })
  })
  return decode(bytes, path)
}

async function readBytes(path: string): Promise<Buffer> {
  await using spot = await reach(path, { followLast: true })
  const { handle } = await openPlain(spot)
  try {
    return await readWhole(handle, path)
  } finally {
    await handle.close()
  }
}

/** Reads what was opened as a plain file. Throws `host/file-not-readable` for what is far too large, or does not end. */
export async function readWhole(handle: FileHandle, path: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (let total = 0; total <= mostBytes; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(256 * 1024))
    if (bytesRead === 0) return Buffer.concat(pieces)
    pieces.push(buffer.subarray(0, bytesRead))
    total += bytesRead
  }
  throw tooLarge(path)
}

export async function readLocalIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readLocal(path)
  } catch (error) {
    if (error instanceof Refusal && errorNumberOf(error.cause) === "ENOENT") return undefined
    throw error
  }
}

export async function streamLocal(path: string): Promise<Readable> {
  try {
    await using spot = await reach(path, { followLast: true })
    const { handle } = await openPlain(spot)
    return handle.createReadStream({ start: 0 })
  } catch (cause) {
    throw refuseReading(cause, { host, file: path })
  }
}

export async function statLocal(path: string): Promise<FileFacts> {
  const { mode, uid, gid, size, mtime, dev, ino } = await statHere(path).catch((cause) => {
    throw refuseReading(cause, { host, file: path })
  })
  return {
    mode: Number(mode) & 0o7777,
    uid: Number(uid),
    gid: Number(gid),
    size: Number(size),
    modifiedAt: mtime,
    identity: `${dev}:${ino}`,
  }
}

/** Of whatever lies there, a folder or a socket as well: nothing is opened. Throws the system's errors. */
export async function statHere(path: string): Promise<BigIntStats> {
  await using spot = await reach(path, { followLast: true })
  const { handle, facts } = await pin(spot)
  await handle.close()
  return facts
}

export async function realPathLocal(path: string): Promise<string> {
  try {
    await using spot = await reach(path, { followLast: true })
    const { handle } = await pin(spot)
    await handle.close()
    return spot.path
  } catch (cause) {
    if (errorNumberOf(cause) === "ENOENT") return path
    throw refuseReading(cause, { host, file: path })
  }
}

export async function wayToLocal(path: string): Promise<Way | undefined> {
  try {
    await using spot = await reach(path, { followLast: true })
    const { handle, facts } = await pin(spot)
    await handle.close()
    if (!facts.isDirectory()) return { real: spot.path, links: spot.links }
    // Of a folder as of one that is on the way, so that `..` at the end means what it says.
    await using within = await reach(`${path}/.`)
    return { real: within.path.slice(0, -"/.".length) || "/", links: within.links }
  } catch (cause) {
    if (errorNumberOf(cause) === "ENOENT") return undefined
    throw refuseReading(cause, { host, file: path })
  }
}

export async function removeLocal(path: string): Promise<void> {
  try {
    await using spot = await reach(path)
    // Of a link just the link goes, of a file with more names just this one.
    await unlink(spot.at)
  } catch (cause) {
    if (errorNumberOf(cause) !== "ENOENT") throw refuseWriting(cause, { host, file: path })
  }
}

function tooLarge(path: string): Refusal {
  return new Refusal({
    code: "host/file-not-readable",
    what: `${path} is larger than ${formatSize(mostBytes)}, far more than a text that we read`,
    where: { host, file: path },
    meaning: "Nothing was changed.",
    next: "Check the path, and see what has grown it.",
  })
}

/** Strict, and with the byte order mark kept: text that is written back must give the same bytes. */
function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new Refusal({
      code: "host/file-not-text",
      what: `${path} is not UTF-8 text`,
      where: { host, file: path },
      meaning: "Nothing was changed: writing it back would have damaged it.",
      next: "Check the path, or convert the file to UTF-8 (`file`, `iconv`).",
      cause,
    })
  }
}
