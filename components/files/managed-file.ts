import { posix } from "node:path"
import type { Dialect } from "../documents/dialects.ts"
import { isAbsent, type JsonValue } from "../documents/json-value.ts"
import { apply, type Kept, observe, plan } from "../documents/managed-keys.ts"
import { parseDocument } from "../documents/parse.ts"
import { type Problem, problems } from "../documents/problems.ts"
import type { Change, Host } from "../host/host.ts"
import { Refusal } from "../report/refusal.ts"
import { readKept, writeKept } from "./kept.ts"
import { type ShownKeys, showKeys, type WantedKey } from "./managed-keys.ts"

/** Somebody else's document on a host. */
export interface DocumentAddress {
  /** Absolute path on the host. */
  readonly path: string
  readonly dialect: Dialect
}

/** One with keys of ours in it. */
export interface ManagedFile extends DocumentAddress {
  /** Where what stood there before us is kept, on the same host. */
  readonly keptAt: string
}

/** A change to a document that has not been made yet. */
export interface PlannedChange extends Change {
  /** The managed keys as they are, and as they will be. */
  readonly live: ShownKeys
  readonly wanted: ShownKeys
  /** What is to be kept from then on. */
  readonly kept: Kept
  /** Keys that go back to others, but stay as they are: somebody changed them after us. */
  readonly left: readonly string[]
}

/**
 * Reads a document and works out what it takes for the keys to be as wanted. What we once wrote and no longer want goes
 * back to what stood there before us. Writes nothing. Throws `document/unusable`.
 */
export async function planChange(host: Host, file: ManagedFile, keys: readonly WantedKey[]): Promise<PlannedChange> {
  const before = await host.read(file.path)
  const keptBefore = await readKept(host, file.keptAt)
  const paths = [...new Set([...Object.keys(keptBefore.keys), ...keys.map(({ path }) => path)])]
  demandUsable(host, file, problems(before, file.dialect, paths))
  const { edits, kept, left } = plan(before, file.dialect, keys, keptBefore)
  const after = apply(before, edits)
  const show = (text: string) => showKeys(paths, observe(text, file.dialect, paths), keys)
  return { before, after, live: show(before), wanted: show(after), kept, left }
}

/**
 * Makes a planned change. What stood there is kept before it is overwritten, so that a kill in between loses nothing.
 * Says whether anything was written to the document.
 */
export async function makeChange(host: Host, file: ManagedFile, change: PlannedChange): Promise<boolean> {
  const isOver = Object.keys(change.kept.keys).length === 0
  if (!isOver) await writeKept(host, file.keptAt, change.kept)
  if (change.before !== change.after) await host.replace(file.path, change)
  if (isOver) await host.remove(file.keptAt)
  return change.before !== change.after
}

/** The value at a key of a document on the host; `undefined` where there is none. Throws `document/unusable`. */
export async function readKey(host: Host, file: DocumentAddress, keyPath: string): Promise<JsonValue | undefined> {
  const text = await readUsable(host, file)
  const value = observe(text, file.dialect, [keyPath])[keyPath]
  return value === undefined || isAbsent(value) ? undefined : value
}

/** A whole document on the host, as its reader sees it. Throws `document/unusable`. */
export async function readDocument(host: Host, file: DocumentAddress): Promise<JsonValue> {
  return parseDocument(await readUsable(host, file), file.dialect)
}

async function readUsable(host: Host, file: DocumentAddress): Promise<string> {
  const text = await host.read(file.path)
  demandUsable(host, file, problems(text, file.dialect))
  return text
}

function demandUsable(host: Host, { path }: DocumentAddress, found: readonly Problem[]): void {
  if (found.length === 0) return
  const each = found.map(({ line, column, text }) => `Line ${line}, column ${column}: ${text}.`)
  throw new Refusal({
    code: "document/unusable",
    what: `${posix.basename(path)} cannot be read as its service reads it, or not edited safely`,
    where: { host: host.name, file: path },
    meaning: `Nothing was changed. ${each.join(" ")}`,
    next: "Mend the file by hand, then `pulumi preview`.",
  })
}
