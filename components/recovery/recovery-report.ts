/**
 * - `ready`: nothing is in the way of `pulumi up`.
 * - `refused`: somebody is at work on the stack, or may be: what is theirs was left alone.
 * - `broken`: something could not be found out or done.
 */
export type RecoveryOutcome = "ready" | "refused" | "broken"

export const exitCodes = { ready: 0, broken: 1, refused: 2 } as const satisfies Record<RecoveryOutcome, number>

/** What it ends with where standard output did not take the report, whatever was found and done. */
export const notPrinted = 3

/** What a recovery found and did. Plain data, the same for people and for machines; holds no secret. */
export interface RecoveryReport {
  readonly stack: string
  readonly outcome: RecoveryOutcome
  readonly exitCode: number
  /** What was cleared away, in order, a sentence each. Empty, and `unseen` too: nothing had been left behind. */
  readonly cleared: readonly string[]
  /** What could not be looked at, a sentence each: something may have been left behind there. */
  readonly unseen: readonly string[]
  /** Where things stand now, a sentence each. */
  readonly standing: readonly string[]
  /** Why it is not ready, in the four parts of an error. */
  readonly trouble: string | null
  /** What to type next. */
  readonly next: string
}

/** For people. That there was nothing is only said by who has looked everywhere. */
export function inWords({ outcome, cleared, unseen, standing, trouble, next }: RecoveryReport): string {
  const isClean = cleared.length === 0 && unseen.length === 0 && outcome === "ready"
  const end = trouble ?? `Next: \`${next}\``
  return [...(isClean ? ["Nothing had been left behind."] : cleared), ...unseen, ...standing, end].join("\n")
}
