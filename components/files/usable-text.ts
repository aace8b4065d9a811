import { posix } from "node:path"
import type { Dialect } from "../documents/dialects.ts"
import { type Mended, mend } from "../documents/mend.ts"
import { type Problem, problems } from "../documents/problems.ts"
import type { Host } from "../host/host.ts"
import { Refusal } from "../report/refusal.ts"
import { readKept } from "./kept.ts"
import { readLastText } from "./last-text.ts"

/** Somebody else's document on a host. */
export interface DocumentAddress {
  /** Absolute path on the host. */
  readonly path: string
  readonly dialect: Dialect
  /** Where what stood in it before us is kept, if it is one of ours: beside that lies what an unreadable one is mended by. */
  readonly keptAt?: string
}

/** A document's text as it can be used, which is as it lies there unless somebody's hand made it unusable. */
export interface UsableText {
  readonly text: string
  /** As it lies there. */
  readonly found: string
  /** What was wrong with it, and what of it would be taken back. Nothing has been written. */
  readonly broken?: BrokenText
}

export interface BrokenText extends Mended {
  readonly problem: Problem
  /** When we last knew it to be usable. */
  readonly knownSince: Date
}

/**
 * Reads a document. One that cannot be used is mended in what is returned: of what was changed since we last wrote it, just
 * that is taken back that makes it unusable. Throws `document/unusable` where that cannot be done without taking more.
 *
 * @param paths the managed keys: what lies in their way counts, and a second one of them is ours to take out. Default: what
 * is kept names those that a second one may be taken out of.
 */
export async function readUsable(
  host: Host,
  file: DocumentAddress,
  paths: readonly string[] = [],
): Promise<UsableText> {
  const found = await host.read(file.path)
  const wrong = problems(found, file.dialect, paths)
  const [problem] = wrong
  if (problem === undefined) return { text: found, found }
  const last = file.keptAt === undefined ? undefined : await readLastText(host, file.keptAt)
  const ours =
    paths.length > 0 || file.keptAt === undefined ? paths : Object.keys((await readKept(host, file.keptAt)).keys)
  const mended = last && mend(last.text, found, file.dialect, ours)
  if (!last || !mended) throw unusable(host, file, wrong)
  return { text: mended.text, found, broken: { ...mended, problem, knownSince: last.at } }
}

/** Where and how a document cannot be used, in one line. */
export function describeProblem({ line, column, text }: Problem): string {
  return `line ${line}, column ${column}: ${text}`
}

/** `document/unusable`, with each of its problems. */
export function unusable(host: Host, { path }: DocumentAddress, found: readonly Problem[]): Refusal {
  const each = found.map(({ line, column, text }) => `Line ${line}, column ${column}: ${text}.`)
  return new Refusal({
    code: "document/unusable",
    what: `${posix.basename(path)} cannot be read as its service reads it, or not edited safely`,
    where: { host: host.name, file: path },
    meaning: `Nothing was changed. ${each.join(" ")}`,
    next: "Mend the file by hand, then `pulumi preview`.",
  })
}
