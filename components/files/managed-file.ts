import { difference } from "../documents/difference.ts"
import { isAbsent, type JsonValue } from "../documents/json-value.ts"
import { parseKeyPath, startsWith } from "../documents/key-path.ts"
import { apply, type Kept, observe, plan } from "../documents/managed-keys.ts"
import { parseDocument } from "../documents/parse.ts"
import { UnusableDocument } from "../documents/problems.ts"
import type { Change, Host } from "../host/host.ts"
import { removeAsBefore, writeAsBefore } from "./as-before.ts"
import { readKept, removeKept, writeKept } from "./kept.ts"
import { writeLastText } from "./last-text.ts"
import { asItMayStand, type ShownKeys, showKeys, type WantedKey } from "./managed-keys.ts"
import { type BrokenText, type DocumentAddress, readUsable, unusable } from "./usable-text.ts"

export type { DocumentAddress } from "./usable-text.ts"

/** One with keys of ours in it. */
export interface ManagedFile extends DocumentAddress {
  /** Where what stood there before us is kept, on the same host. */
  readonly keptAt: string
}

/** A key that is no longer ours and is not given back. */
export interface LeftKey {
  readonly path: string
  /** We had taken it out, and what it stood in is gone since: there is no place for it. */
  readonly hasNoPlace: boolean
}

/** A change to a document that has not been made yet. */
export interface PlannedChange extends Change {
  /** The managed keys as they are, and as they will be. */
  readonly live: ShownKeys
  readonly wanted: ShownKeys
  /** What is to be kept from then on. */
  readonly kept: Kept
  /** Keys that go back to others, but stay as they are: somebody changed them after us. */
  readonly left: readonly LeftKey[]
  /** Where the document could not be used: what is wrong with it, and what is taken back of it besides. */
  readonly broken?: BrokenText
  /** The change for people: a unified diff, secrets covered; empty where nothing changes. */
  readonly difference: string
}

/**
 * Reads a document and works out what it takes for the keys to be as wanted. What we once wrote and no longer want goes
 * back to what stood there before us. Writes nothing. Throws `document/unusable`.
 */
export async function planChange(host: Host, file: ManagedFile, keys: readonly WantedKey[]): Promise<PlannedChange> {
  const keptBefore = await readKept(host, file.keptAt)
  const paths = [...new Set([...Object.keys(keptBefore.keys), ...keys.map(({ path }) => path)])]
  const usable = await readUsable(host, file, paths)
  const found = observe(usable.text, file.dialect, paths)
  const tolerant = keys.map((key) => asItMayStand(key, found[key.path]))
  const { edits, kept, left } = planOrRefuse(host, file, () => plan(usable.text, file.dialect, tolerant, keptBefore))
  const after = apply(usable.text, edits)
  const show = (values: typeof found) => showKeys(paths, values, keys)
  return {
    before: usable.found,
    after,
    live: show(found),
    wanted: show(observe(after, file.dialect, paths)),
    kept,
    left: left
      .filter((path) => !keys.some((key) => overlap(key.path, path)))
      .map((path) => ({
        path,
        hasNoPlace: isAbsent(keptBefore.keys[path]?.wrote ?? null) && isAbsent(found[path] ?? null),
      })),
    ...(usable.broken === undefined ? {} : { broken: usable.broken }),
    difference: difference(usable.text, after, {
      label: file.path,
      dialect: file.dialect,
      secretPaths: keys.flatMap(({ path, secret }) => (secret === undefined ? [] : [path])),
      secrets: keys.flatMap(({ value, secret }) => (secret && typeof value === "string" ? [value] : [])),
    }),
  }
}

/** Also what is only found out while planning: that a change would not be safe. */
function planOrRefuse<T>(host: Host, file: ManagedFile, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof UnusableDocument ? unusable(host, file, error.problems) : error
  }
}

/** What stands above or below a key that is wanted is not left: it is managed on. */
function overlap(one: string, other: string): boolean {
  const [a, b] = [parseKeyPath(one), parseKeyPath(other)]
  return startsWith(a, b) || startsWith(b, a)
}

/**
 * Makes a planned change. What stood there is kept before it is overwritten, so that a kill in between loses nothing, and
 * the document without us is laid beside it, for hands. Says whether anything was written to the document.
 */
export async function makeChange(
  host: Host,
  file: ManagedFile,
  change: Pick<PlannedChange, "before" | "after" | "kept">,
): Promise<boolean> {
  const isOver = Object.keys(change.kept.keys).length === 0
  if (!isOver) {
    await writeKept(host, file.keptAt, change.kept)
    await writeAsBefore(host, file, change)
  }
  if (change.before !== change.after) await host.replace(file.path, change)
  if (isOver) {
    await removeKept(host, file.keptAt)
    await removeAsBefore(host, file.keptAt)
  }
  await writeLastText(host, file.keptAt, change.after)
  return change.before !== change.after
}

/** The value at a key of a document on the host; `undefined` where there is none. Throws `document/unusable`. */
export async function readKey(host: Host, file: DocumentAddress, keyPath: string): Promise<JsonValue | undefined> {
  const { text } = await readUsable(host, file)
  const value = observe(text, file.dialect, [keyPath])[keyPath]
  return value === undefined || isAbsent(value) ? undefined : value
}

/** A whole document on the host, as its reader sees it. Throws `document/unusable`. */
export async function readDocument(host: Host, file: DocumentAddress): Promise<JsonValue> {
  return parseDocument((await readUsable(host, file)).text, file.dialect)
}
