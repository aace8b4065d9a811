import type { BigIntStats } from "node:fs"
import { Header } from "tar/header"
import { Pax } from "tar/pax"

const blockBytes = 512

/** The head of a file's entry; its bytes follow, then {@link paddingFor} them. */
export function headOf(path: string, facts: BigIntStats): Buffer {
  return entry({ ...common(path, facts), type: "File", size: Number(facts.size) })
}

/** A folder by itself. */
export function folderEntry(path: string, facts: BigIntStats): Buffer {
  return entry({ ...common(`${path}/`, facts), type: "Directory", size: 0 })
}

/** A symbolic link, with its target as it is written. */
export function linkEntry(path: string, facts: BigIntStats, target: string): Buffer {
  return entry({ ...common(path, facts), type: "SymbolicLink", size: 0, linkpath: target })
}

/** What fills up the last block. */
export function paddingFor(bytes: number): Buffer {
  return Buffer.alloc((blockBytes - (bytes % blockBytes)) % blockBytes)
}

/** By which a reader knows that nothing is missing. */
export const endOfTar = Buffer.alloc(2 * blockBytes)

interface Fields {
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: Date
  readonly type: "File" | "Directory" | "SymbolicLink"
  readonly size: number
  readonly linkpath?: string
}

/** By the path without its first slash, so that it is unpacked below a folder. */
function common(path: string, { mode, uid, gid, mtimeMs }: BigIntStats) {
  return {
    path: path.replace(/^\/+/, ""),
    mode: Number(mode) & 0o7777,
    uid: Number(uid),
    gid: Number(gid),
    mtime: new Date(Number(mtimeMs)),
  }
}

/** In the format of POSIX.1-2001 where a name is long or not ASCII, else in that of 1988. */
function entry(fields: Fields): Buffer {
  const header = new Header(fields)
  const needsMore = header.encode()
  const head = header.block ?? Buffer.alloc(blockBytes)
  const { path, uid, gid, size, linkpath } = fields
  const more = { path, uid, gid, size, ...(linkpath === undefined ? {} : { linkpath }) }
  return needsMore ? Buffer.concat([new Pax(more).encode(), head]) : head
}
