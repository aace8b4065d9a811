import { setTimeout as pause } from "node:timers/promises"
import type { Progress } from "../report/progress.ts"
import { findLeftOvers, type LeftOver } from "./left-over-processes.ts"
import { listMachineProcesses } from "./machine-processes.ts"

export interface ClearProcesses {
  /** The folder that `pulumi` ran in. */
  readonly projectFolder: string
  /** Whether to end also those that are still at work. */
  readonly end: boolean
  /** What a provider may be at: from the journal on the host. */
  readonly atWhat: () => Promise<string>
}

/** As long as the engine itself would wait for a migration. */
const limitSeconds = 3 * 60 * 60
const lookEverySeconds = 1
/** What stands still for so many looks has nothing more to do. */
const looksAtRest = 3
/** A plugin that waits for calls takes less of a processor than this. */
const busySecondsAtWork = 0.05

/**
 * Ends what dead engines left in the project's folder: what is still at work is waited for, since it may be in the middle
 * of a migration and finishes it by itself. Returns a sentence for each.
 */
export async function clearProcesses(wanted: ClearProcesses, progress: Progress): Promise<readonly string[]> {
  const told = new Map<number, string>()
  const seen = new Map<number, Seen>()
  for (let left = await look(wanted); left.length > 0; left = await look(wanted)) {
    for (const one of left) {
      const rested = watch(seen, one) >= looksAtRest
      if (wanted.end || rested) told.set(one.pid, endNow(one, rested))
    }
    const working = left.filter(({ runs }) => runs.length > 0)
    if (working.length > 0) progress.waiting(await describeWork(working, wanted), limitSeconds)
    await pause(lookEverySeconds * 1000)
  }
  return [...told.values()]
}

async function look({ projectFolder }: ClearProcesses): Promise<readonly LeftOver[]> {
  return findLeftOvers(projectFolder, (await listMachineProcesses()) ?? [])
}

/** What was known of it at the last look. */
interface Seen {
  readonly busySeconds: number
  readonly looksAtRest: number
}

/** Returns for how many looks in a row it has had nothing to do. */
function watch(seen: Map<number, Seen>, { pid, runs, busySeconds }: LeftOver): number {
  const before = seen.get(pid)
  const isAtRest = runs.length === 0 && before !== undefined && busySeconds - before.busySeconds < busySecondsAtWork
  const looks = isAtRest ? before.looksAtRest + 1 : 0
  seen.set(pid, { busySeconds, looksAtRest: looks })
  return looks
}

async function describeWork(working: readonly LeftOver[], { atWhat }: ClearProcesses): Promise<string> {
  const names = working.map(({ kind, pid, runs }) => `the ${kind} ${pid} (it runs ${runs.join(", ")})`)
  return `what a dead engine left at work: ${names.join(", ")}${await atWhat()}; --end ends it`
}

function endNow({ pids, kind, pid }: LeftOver, hadRested: boolean): string {
  for (const one of pids) {
    try {
      process.kill(one, "SIGKILL")
    } catch {
      // It has ended by itself.
    }
  }
  const how = hadRested ? "had nothing more to do, and was ended" : "was ended, at work or not"
  return `The ${kind} of a dead engine (process ${pid}) ${how}.`
}
