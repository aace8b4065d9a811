import type { BigIntStats } from "node:fs"
import { Refusal } from "../report/refusal.ts"

/** What lies at a name, in words. */
export function kindOf(facts: BigIntStats): string {
  if (facts.isSymbolicLink()) return "a symbolic link"
  if (facts.isFIFO()) return "a named pipe (FIFO)"
  if (facts.isSocket()) return "a socket"
  if (facts.isCharacterDevice() || facts.isBlockDevice()) return "a device"
  if (facts.isDirectory()) return "a folder"
  if (facts.nlink > 1n) return `a file that has ${facts.nlink} names (hard links), and so may be another one's`
  return "a file"
}

/** A file without a name is one that somebody has just removed. */
export function isRegularWithOneName(facts: BigIntStats): boolean {
  return facts.isFile() && facts.nlink <= 1n
}

/** What lies there is not what we can work with safely; nothing of it was opened. */
export function notPlain(file: string, what: string): Refusal {
  return new Refusal({
    code: "host/file-not-plain",
    what: `${file} is ${what}, not a plain file`,
    where: { host: "this machine", file },
    meaning:
      "Nothing of it was read or changed. Whoever may write to its folder, as a container may, can have put it there.",
    next: "See who put it there (`ls -la`), and put a plain file in its place or take it away. A link that is meant so: name what it leads to in the config.",
  })
}
