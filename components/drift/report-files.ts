import { appendFile, lstat, open, rm, stat, writeFile } from "node:fs/promises"
import { resolve } from "node:path"
import { Refusal } from "../report/refusal.ts"
import type { DriftReport } from "./drift-report.ts"

/** A file in which somebody wants a report. */
export interface ReportFile {
  /** On the machine that this runs on, as it was given. */
  readonly path: string
  readonly textOf: (report: DriftReport) => string
  /** What stands in it already stays: the CI's summary is shared by the steps of a job. */
  readonly isShared?: true
}

/**
 * Throws `drift/report-not-writable` for the first file that could not be written, before anything is looked at: what was
 * found would have nowhere to go. It is tried by opening, since a system may refuse what its permissions allow (a disk
 * that is only read, a folder of the kernel's). Leaves no file behind that was not there.
 */
export async function demandWritable(files: readonly ReportFile[]): Promise<void> {
  const known = new Set<string>()
  for (const { path } of files) {
    const whyNot = known.has(resolve(path)) ? "two reports are to go into it" : await whyNotWritable(path)
    if (whyNot !== undefined) throw notWritable(path, whyNot)
    known.add(resolve(path))
  }
}

/**
 * Writes each, also after one that failed. Returns what could not be written, as `drift/report-not-written`: what was found
 * has been printed by then.
 */
export async function writeReports(files: readonly ReportFile[], report: DriftReport): Promise<readonly Refusal[]> {
  const failures: Refusal[] = []
  for (const { path, textOf, isShared } of files) {
    try {
      const why = await whyNotWritable(path)
      if (why !== undefined) throw new Error(why)
      await (isShared ? appendFile : writeFile)(path, textOf(report), { flush: true })
    } catch (error) {
      failures.push(notWritten(path, wordsOf(error)))
    }
  }
  return failures
}

async function whyNotWritable(path: string): Promise<string | undefined> {
  if (path === "") return "its name is empty"
  try {
    const there = await stat(path).catch((error: unknown) => nothingThere(error))
    if (there === undefined && (await isLink(path))) return "it is a link that leads nowhere"
    // A pipe would be waited at for ever, and a device may do anything when it is opened.
    if (there !== undefined && !there.isFile()) return `it is ${there.isDirectory() ? "a folder" : "no plain file"}`
    const file = await open(path, there === undefined ? "wx" : "r+")
    await file.close()
    if (there === undefined) await rm(path)
    return undefined
  } catch (error) {
    return wordsOf(error)
  }
}

function nothingThere(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
  return undefined
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  )
}

/** What the system said: its code and its words, without the call. @example "ENOSPC: no space left on device" */
function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+(?: '.*')?$/s, "") : String(error)
}

function notWritable(path: string, why: string): Refusal {
  return new Refusal({
    code: "drift/report-not-writable",
    what: `The report cannot be written: ${why}`,
    where: path === "" ? {} : { file: resolve(path) },
    meaning: "Nothing was looked at.",
    next: "Name a plain file that may be written, in a folder that is there; then run it again.",
  })
}

function notWritten(path: string, why: string): Refusal {
  return new Refusal({
    code: "drift/report-not-written",
    what: `The report could not be written: ${why}`,
    where: { file: resolve(path) },
    meaning: "What was found is printed; the file may be cut off, or hold an older report.",
    next: "Make room, or name another file, and run it again.",
  })
}
