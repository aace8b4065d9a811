import { setTimeout as pause } from "node:timers/promises"
import { Refusal } from "../report/refusal.ts"
import { lastWords } from "./health.ts"
import type { Host } from "./host.ts"
import { type Inspection, inspectService } from "./inspection.ts"
import type { ServiceAddress } from "./service-address.ts"

/** Why a service does not answer, as far as its container tells. */
export interface NotUp {
  /** `crash loop`: it ends, and is started, again and again. `stopped`: nobody starts it. `silent`: it runs. */
  readonly kind: "crash loop" | "stopped" | "silent"
  /** In words. @example "it has ended 5 times, at last with exit code 1" */
  readonly why: string
  /** It was stopped, or never started, and did not fail: its last words are of no interest. */
  readonly isOrderly: boolean
  /** Its last log lines, without the secrets of its environment; empty where they cannot be read. */
  readonly lines: readonly string[]
}

/** A service that was just started has this long to answer, or to end once more. */
const patienceSeconds = 20
const pauseMilliseconds = 500

/**
 * Asks a service, and waits for one that is being started. Returns what it answered, or why it does not come up: a service
 * that ends at each start is mostly found between two starts, or seconds after one, when it looks as if it ran. Throws what
 * `ask` throws for other reasons than that nobody answers, and for a service that is no container.
 */
export async function askOrExplain<T>(
  host: Host,
  service: ServiceAddress,
  ask: () => Promise<T>,
  { seconds = patienceSeconds }: { readonly seconds?: number } = {},
): Promise<{ readonly answer: T } | { readonly down: NotUp }> {
  if (service.commands?.start !== undefined) return { answer: await ask() }
  const begin = performance.now()
  let first: Inspection | undefined
  while (true) {
    const now = await inspectService(host, service)
    first ??= now
    const down = verdictOf(first, now)
    if (down !== undefined) return { down: { ...down, lines: await linesOf(host, service) } }
    try {
      return { answer: await ask() }
    } catch (error) {
      if (!isSilence(error)) throw error
      if (performance.now() - begin > seconds * 1000) {
        return { down: { ...silent(now, error), isOrderly: false, lines: await linesOf(host, service) } }
      }
    }
    await pause(pauseMilliseconds)
  }
}

/** On a slow machine one that ends at each start may run for longer than we wait: the engine has started it again of late. */
function silent({ restartCount, startedAt }: Inspection, error: unknown): Pick<NotUp, "kind" | "why"> {
  const isRecent = startedAt !== undefined && Date.now() - startedAt.getTime() < recentMilliseconds
  if (restartCount > 0 && isRecent)
    return {
      kind: "crash loop",
      why: `it has ended ${restartCount} times, and does not answer since it was started again`,
    }
  return { kind: "silent", why: `it runs, and does not answer: ${(error as Refusal).what}` }
}

const recentMilliseconds = 300_000

/** From how it was first seen, and how it is now. Pure. `undefined`: it may be up, or come up. */
export function verdictOf(first: Inspection, now: Inspection): Omit<NotUp, "lines"> | undefined {
  const { status, exitCode, restartCount } = now
  if (status === "restarting")
    return {
      kind: "crash loop",
      why: `it has ended ${restartCount + 1} times, at last with exit code ${exitCode}`,
      isOrderly: false,
    }
  if (status !== "running") {
    const isOrderly = status === "created" || status === "paused" || stopSignals.includes(exitCode)
    return { kind: "stopped", why: `it is ${status}, exit code ${exitCode}`, isOrderly }
  }
  const hasStartedAgain = first.startedAt?.getTime() !== now.startedAt?.getTime() || first.restartCount !== restartCount
  if (!hasStartedAgain) return undefined
  return { kind: "crash loop", why: "it ended and was started again while we looked", isOrderly: false }
}

/** Of a service that ends when it is told to: by itself, by SIGKILL, by SIGTERM. */
const stopSignals: readonly number[] = [0, 137, 143]

function isSilence(error: unknown): boolean {
  return error instanceof Refusal && (error.code === "http/unreachable" || error.code === "http/no-answer")
}

async function linesOf(host: Host, service: ServiceAddress): Promise<readonly string[]> {
  return (await lastWords(host, service)) ?? []
}
