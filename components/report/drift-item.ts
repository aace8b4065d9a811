import type { Place } from "./refusal.ts"

/**
 * What kind of thing drifted: a managed key of a document, a row of a database, a secret that no longer works, a service
 * that runs something else than what is on disk, what clients are served, a version of a program.
 */
export type DriftKind = "key" | "row" | "secret" | "running" | "served" | "version"

/**
 * One thing on the server that is not as it should be. A resource's `check` returns them as `drift`, in preview and in
 * `up` alike; `npm run drift` collects them (docs/drift.md). Of a resource that tells none, the engine's own old => new of
 * its inputs is shown; one that tells something tells all of it.
 *
 * No part may hold a secret: write `[secret]`, or in words how it differs (`(another than homeserver.yaml's)`).
 */
export interface DriftItem {
  readonly kind: DriftKind
  /**
   * Where it is: the file, container, database or URL, and the key path in it. Of a row, `keyPath` is
   * `table[id].column`. The resource is filled in by whoever collects.
   */
  readonly where: Place
  /** As it is now, in one line for people; `(absent)` where there is nothing. */
  readonly live: string
  /** As it should be, in the same form. */
  readonly wanted: string
  /** Reported, and not repaired by `up`: a version that changed. Default: false. */
  readonly isNotice?: boolean
  /** Where there is more to see: a unified diff live → wanted, secrets masked. */
  readonly diff?: string
}

/** In the engine's debug messages, which people do not see, one of ours begins with this; the item follows as JSON. */
const mark = "matrix-auth/drift "

export function writeDriftItem(item: DriftItem): string {
  return mark + JSON.stringify(item)
}

/** The item in a debug message of the engine; `undefined` when the message is another one. */
export function readDriftItem(message: string): DriftItem | undefined {
  return message.startsWith(mark) ? (JSON.parse(message.slice(mark.length)) as DriftItem) : undefined
}
