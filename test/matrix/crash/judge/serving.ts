import { setTimeout as pause } from "node:timers/promises"
import type { CrashLab } from "../lab/crash-lab.ts"

/** One look at the server, as somebody with a token from before has it. */
export interface Look {
  /** By the clock of `Date.now()`, when it was asked. */
  readonly at: number
  readonly isServed: boolean
}

/** Each look costs Synapse some of the processor that the run needs. */
const pauseMilliseconds = 200

/** Asks whether an old token still answers for its owner. */
export async function isServed(lab: CrashLab): Promise<boolean> {
  const [session] = lab.seeded.sessions
  if (session === undefined) throw new Error("nobody was seeded")
  try {
    const answer = await fetch(new URL("/_matrix/client/v3/account/whoami", lab.places.synapse.url), {
      headers: { authorization: `Bearer ${session.accessToken}` },
      signal: AbortSignal.timeout(3000),
    })
    const { user_id } = (await answer.json()) as { user_id?: string }
    return user_id === session.userId
  } catch {
    return false
  }
}

export async function waitUntilServed(lab: CrashLab, limitSeconds: number): Promise<void> {
  const deadline = Date.now() + limitSeconds * 1000
  while (!(await isServed(lab))) {
    if (Date.now() > deadline) throw new Error(`the server does not serve within ${limitSeconds} s`)
    await pause(pauseMilliseconds)
  }
}

/** Looks all the time, until told to stop. */
export interface Watch {
  readonly looks: readonly Look[]
  /** Ends after one last look. */
  stop(): Promise<void>
}

export function watchServing(lab: CrashLab): Watch {
  const looks: Look[] = []
  const over = new AbortController()
  const look = async () => {
    const at = Date.now()
    looks.push({ at, isServed: await isServed(lab) })
  }
  const looking = (async () => {
    while (!over.signal.aborted) {
      await look()
      await pause(pauseMilliseconds)
    }
    await look()
  })()
  return {
    looks,
    async stop() {
      over.abort()
      await looking
    },
  }
}

/**
 * How long after a moment the server was back for good, in seconds; 0 where it never went away from then on. `undefined`:
 * it was not back at the last look.
 */
export function servedAfter(looks: readonly Look[], since: number): number | undefined {
  const later = looks.filter(({ at }) => at >= since)
  const lastMiss = later.findLastIndex(({ isServed }) => !isServed)
  if (lastMiss === -1) return later.length === 0 ? undefined : 0
  const back = later[lastMiss + 1]
  return back === undefined ? undefined : Math.round((back.at - since) / 100) / 10
}
