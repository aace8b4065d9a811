import type { RefusalCode } from "../report/codes.ts"
import { type Place, Refusal } from "../report/refusal.ts"

interface Words {
  readonly code: RefusalCode
  readonly what: (file: string) => string
  readonly meaning: string
  readonly next: string
}

const untouched = "Nothing was changed."

const missing: Words = {
  code: "host/file-missing",
  what: (file) => `There is no file ${file}`,
  meaning: untouched,
  next: "Check the path. A symbolic link counts as missing when what it points at is.",
}

const forbidden: Words = {
  code: "host/file-not-writable",
  what: (file) => `We may not write ${file}`,
  meaning: "The file is as it was.",
  next: "Run as a user who may write the file and its folder and may keep the file's owner (usually root).",
}

const readOnly: Words = {
  ...forbidden,
  what: (file) => `${file} is on a file system that is read-only`,
  next: "Give the path on the host, not the one inside a container, and make it writable.",
}

const full: Words = {
  code: "host/disk-full",
  what: (file) => `There is no room to write ${file}`,
  meaning: "The file is as it was; what was begun of the new one is removed.",
  next: "Free some space on that disk (`df -h`, `df -i`, quotas), then run again.",
}

/** What the system says of a name that became a link, or another kind of thing, between two looks at it. */
const swapped: Words = {
  code: "host/file-changed",
  what: (file) => `Somebody puts other things in the place of ${file} while we work on it`,
  meaning: "Nothing of them was followed, and nothing was written.",
  next: "See who is at work in that folder (`ls -la`, the container that has it mounted), then run again.",
}

/** By error number: what going on with a file failed on, in the operator's words. */
const wordsOfWriting: Readonly<Record<string, Words>> = {
  ENOENT: missing,
  ENOTDIR: missing,
  EACCES: forbidden,
  EPERM: forbidden,
  EISDIR: { ...forbidden, what: (file) => `${file} is a folder, not a file`, next: "Give the path of the file." },
  EINVAL: swapped,
  ELOOP: swapped,
  EEXIST: {
    ...swapped,
    what: (file) => `Somebody has put something at the name that the new text of ${file} was to have`,
  },
  EROFS: readOnly,
  EBUSY: {
    ...forbidden,
    what: (file) => `${file} is a mount point and cannot be replaced in one step`,
    next: "Run where the file is a plain file: on the host, not inside a container that mounts this one file.",
  },
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: full,
}

const unreadable: Words = {
  code: "host/file-not-readable",
  what: (file) => `We may not read ${file}`,
  meaning: untouched,
  next: "Run as a user who may read it.",
}

const wordsOfReading: Readonly<Record<string, Words>> = {
  ENOENT: missing,
  ENOTDIR: missing,
  EACCES: unreadable,
  EPERM: unreadable,
  EINVAL: swapped,
  ELOOP: swapped,
  EISDIR: { ...unreadable, what: (file) => `${file} is a folder, not a file`, next: "Give the path of the file." },
}

/** An error of the operating system as a refusal; one that has no words here comes back as it is. */
export function refuseReading(cause: unknown, place: Place): unknown {
  return inWords(cause, place, wordsOfReading)
}

/** As {@link refuseReading}, for changing or making a file. */
export function refuseWriting(cause: unknown, place: Place): unknown {
  return inWords(cause, place, wordsOfWriting)
}

function inWords(cause: unknown, place: Place, vocabulary: Readonly<Record<string, Words>>): unknown {
  const words = vocabulary[errorNumberOf(cause) ?? ""]
  if (!words) return cause
  const { code, what, meaning, next } = words
  return new Refusal({ code, what: what(place.file ?? "the file"), where: place, meaning, next, cause })
}

/** The name of a system call's error, such as `ENOENT`. */
export function errorNumberOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !("code" in cause)) return undefined
  return typeof cause.code === "string" ? cause.code : undefined
}
