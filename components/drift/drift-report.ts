import type { DriftItem } from "../report/drift-item.ts"

/**
 * `clean`: all is as it should be. `drift`: something is not, or a version changed. `broken`: nobody can tell, since it
 * could not be looked at.
 */
export type DriftOutcome = "clean" | "drift" | "broken"

/** What `npm run drift` ends with, by outcome. What is none of 0, 2 and 3 is broken, however it came about. */
export const exitCodes: Readonly<Record<DriftOutcome, number>> = { clean: 0, drift: 2, broken: 1 }

/** What it ends with where a report did not get to where it was to be, whatever was found. */
export const notHandedOver = 3

/**
 * How something came to be otherwise than wanted: somebody changed it on the server (`drift`); the config or the program
 * changed and no `up` followed (`not applied`); it is only to be known (`notice`), and `up` does not change it.
 */
export type Found = "drift" | "not applied" | "notice"

/** A thing that was found, with its resource. */
export interface FoundItem extends DriftItem {
  readonly found: Found
}

/** Something that went wrong, in full. */
export interface Trouble {
  /** The resource that could not be looked at; absent when it was all of them. */
  readonly resource?: string
  readonly text: string
}

/** What one look found: plain data, without secrets. `--json` prints it as it is. */
export interface DriftReport {
  readonly stack: string
  readonly outcome: DriftOutcome
  readonly exitCode: number
  /** ISO 8601. */
  readonly begunAt: string
  readonly seconds: number
  /** How many resources were looked at. */
  readonly resources: number
  readonly items: readonly FoundItem[]
  /** Resources that an `up` would run again because of what it mends, such as restarts. */
  readonly follows: readonly string[]
  /** What resources said for people while they looked. */
  readonly remarks: readonly Remark[]
  /** Why it is broken. What was found all the same is in `items`, and may be a part only. */
  readonly troubles: readonly Trouble[]
}

export interface Remark {
  readonly resource: string
  readonly text: string
}
