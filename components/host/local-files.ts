import { type FileHandle, open, readFile, rm, stat } from "node:fs/promises"
import type { Readable } from "node:stream"
import { Refusal } from "../report/refusal.ts"
import { errorNumberOf, refuseReading, refuseWriting } from "./file-refusals.ts"
import type { FileFacts } from "./host.ts"

const host = "this machine"

export async function readLocal(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause) => {
    throw refuseReading(cause, { host, file: path })
  })
  return decode(bytes, path)
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
  let file: FileHandle | undefined
  try {
    file = await open(path)
    // A folder can be opened, and fails at the first byte only.
    await file.read(new Uint8Array(1), 0, 1, 0)
    return file.createReadStream({ start: 0 })
  } catch (cause) {
    await file?.close()
    throw refuseReading(cause, { host, file: path })
  }
}

export async function statLocal(path: string): Promise<FileFacts> {
  const facts = await stat(path).catch((cause) => {
    throw refuseReading(cause, { host, file: path })
  })
  const { uid, gid, size, mtime } = facts
  return { mode: facts.mode & 0o7777, uid, gid, size, modifiedAt: mtime }
}

export async function removeLocal(path: string): Promise<void> {
  await rm(path, { force: true }).catch((cause) => {
    throw refuseWriting(cause, { host, file: path })
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
