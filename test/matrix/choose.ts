import { hasChangedSince } from "./changed-since.ts"
import type { Proven } from "./proven.ts"
import type { Shard } from "./shards.ts"

/** What a shard is reckoned to take that never held: it is seen when it does. */
const unknownSeconds = 600
/** A shard takes longer than last time on a machine that is slower today. */
const allowance = 1.3

export interface Choice {
  readonly shard: Shard
  /** Seconds, as last time. */
  readonly cost: number
  readonly reason: "never held" | "what it rests on has changed" | "nothing has changed"
}

/**
 * The shards in the order in which they are most wanted: those that never held, then those under which something changed, then the
 * others; of each kind first what has waited longest.
 */
export async function inOrderOfNeed(shards: readonly Shard[], proven: Proven): Promise<readonly Choice[]> {
  const choices = await Promise.all(
    shards.map(async (shard): Promise<Choice> => {
      const held = proven.get(shard.name)
      if (held === undefined) return { shard, cost: unknownSeconds, reason: "never held" }
      const isChanged = await hasChangedSince(held.commit, shard)
      return { shard, cost: held.seconds, reason: isChanged ? "what it rests on has changed" : "nothing has changed" }
    }),
  )
  const kinds: readonly Choice["reason"][] = ["never held", "what it rests on has changed", "nothing has changed"]
  const heldAt = ({ shard }: Choice) => proven.get(shard.name)?.at ?? ""
  return choices.toSorted(
    (a, b) => kinds.indexOf(a.reason) - kinds.indexOf(b.reason) || heldAt(a).localeCompare(heldAt(b)),
  )
}

/** Takes the most wanted shard that will be over in time off the list. */
export function takeFitting(waiting: Choice[], secondsLeft: number): Choice | undefined {
  const at = waiting.findIndex(({ cost }) => cost * allowance <= secondsLeft)
  return at < 0 ? undefined : waiting.splice(at, 1)[0]
}
