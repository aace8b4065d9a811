import { hostname } from "node:os"
import type { MachineProcess } from "./machine-processes.ts"

/** Who took Pulumi's lock on a stack, as Pulumi wrote it down. */
export interface StackLock {
  readonly pid: number
  readonly username: string
  readonly hostname: string
  readonly takenAt: Date
}

/**
 * - `dead`: proven; that process is gone, or its number belongs to a younger one that is no Pulumi.
 * - `alive`: it is at work on this machine.
 * - `unknown`: it was on another machine, or this one does not tell of its processes.
 */
export type HolderState = "dead" | "alive" | "unknown"

/** Clocks of the kernel and of Pulumi differ by less, as long as nobody sets them. */
const toleranceMilliseconds = 5000

/**
 * Pulumi writes down a process's number and the time of day. The number alone proves nothing, since it is given out again;
 * and a clock that was set since makes a process that lives look younger than its own lock. So a Pulumi of that number counts
 * as the holder, however old it looks.
 */
export function stateOfHolder(
  lock: StackLock,
  processes: readonly MachineProcess[] | undefined,
  thisMachine = hostname(),
): HolderState {
  if (processes === undefined || lock.hostname !== thisMachine) return "unknown"
  const holder = processes.find(({ pid }) => pid === lock.pid)
  if (holder === undefined) return "dead"
  if (isPulumi(holder)) return "alive"
  const isYounger = holder.startedAt.getTime() > lock.takenAt.getTime() + toleranceMilliseconds
  return isYounger ? "dead" : "alive"
}

/** Where its words are hidden from us it may be one. */
function isPulumi({ argv: [program = "pulumi"] }: MachineProcess): boolean {
  return /pulumi[^/]*$/.test(program)
}

/** `root@vps, process 1234, since 2026-11-24T02:13:04.000Z` */
export function describeHolder({ username, hostname: machine, pid, takenAt }: StackLock): string {
  if (pid === 0) return `${username}, by ${machine}`
  return `${username}@${machine}, process ${pid}, since ${takenAt.toISOString()}`
}

/** What Pulumi 3.259 says of each lock when it refuses to begin. */
const said = /created by (.*)@(.*) \(pid (\d+)\) at (\S+)/g

/** Reads the holders out of Pulumi's own words; `undefined`: it does not speak of a lock. */
export function locksInWords(text: string): readonly StackLock[] | undefined {
  if (!/is currently locked by|update is currently in progress/i.test(text)) return undefined
  return [...text.matchAll(said)].map(([, username = "", machine = "", pid, takenAt = ""]) => ({
    pid: Number(pid),
    username,
    hostname: machine,
    takenAt: new Date(takenAt),
  }))
}
