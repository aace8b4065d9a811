import type { Absent, JsonValue } from "./json-value.ts"
import type { KeyPath } from "./key-path.ts"

/**
 * What it takes to give everything back: plain JSON for Pulumi's state. It holds pieces of the file as they were, so it
 * may hold secrets: mark it secret.
 */
export interface Kept {
  /** By path as people write it. */
  readonly keys: Readonly<Record<string, KeptKey>>
  /** In the order in which they were made; taken back from the last one. */
  readonly steps: readonly Step[]
}

export interface KeptKey {
  /** What stood there before us. */
  readonly previous: JsonValue | Absent
  /** What we last wrote. */
  readonly wrote: JsonValue | Absent
}

/** One change of the text, with what is needed to find its place again after other people's edits. */
export type Step = ChangedStep | AddedStep | RemovedStep

interface StepOfKeys {
  /** The managed keys it serves. */
  readonly owners: readonly string[]
  readonly path: KeyPath
}

/** Behind the key at `path` stood `before`, colon included; now it is `after`. */
export interface ChangedStep extends StepOfKeys {
  readonly kind: "changed"
  readonly before: string
  readonly after: string
}

/** The entry at `path` is ours: `text`, whose key begins at `keyOffset`. */
export interface AddedStep extends StepOfKeys {
  readonly kind: "added"
  readonly text: string
  readonly keyOffset: number
}

/** The entry at `path` stood as `text` between its neighbours. */
export interface RemovedStep extends StepOfKeys {
  readonly kind: "removed"
  readonly text: string
  /** What we left in its place, almost always nothing. */
  readonly left: string
  /** Whether it stood within braces or brackets. */
  readonly inFlow: boolean
  /** What was between the entry before and `text`, and between `text` and the entry behind. */
  readonly gapBefore: string
  readonly gapAfter: string
  /** The neighbours' labels; `null` where there was none. */
  readonly entryBefore: string | null
  readonly entryAfter: string | null
}

export const nothingKept: Kept = { keys: {}, steps: [] }
