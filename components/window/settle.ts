import { posix } from "node:path"
import type { Host } from "../host/host.ts"
import { act, claim, clear, readActed, switchFolder } from "./dead-mans-switch.ts"
import { type Journal, readJournal } from "./journal.ts"

export interface SettlePlace {
  readonly host: Host
  readonly stateFolder: string
  readonly say: (line: string) => void
  /** Whether the server serves with just this text of the first of the window's files, and answers as that says. */
  readonly servesWith?: (planned: string) => Promise<boolean>
}

/** What there was to settle. */
export interface Settled {
  /** What was going on, if it did not end by itself. */
  readonly interrupted: Journal | undefined
  /** Whether everything was put back, by the switch or just now. */
  readonly wasPutBack: boolean
  /** Where a file lies that somebody changed in the window and that was put back over. */
  readonly found: readonly string[]
}

/**
 * Takes over what a run left behind that was killed: a switch that has not acted yet acts now, and is put away. Where the
 * server has come to serve as was planned, as an engine lets it that starts anew, it goes forward: people may have logged in.
 * To be called by whoever holds the operation's lock, which proves that nobody else is at work. Throws `window/not-put-back`.
 */
export async function settle(place: SettlePlace): Promise<Settled> {
  const { host, stateFolder, say } = place
  const journal = await readJournal(host, stateFolder)
  const interrupted = journal?.ended === undefined ? journal : undefined
  if (interrupted) say(`the last run stopped ${describeStop(interrupted)}`)
  const folder = switchFolder(stateFolder)
  const isThere = (await host.readIfPresent(posix.join(folder, "run.sh"))) !== undefined
  if (!isThere) return { interrupted, wasPutBack: false, found: [] }
  const wanted = (await isPastReturn(place)) ? "release" : "act"
  const wasPutBack = (await claim(host, stateFolder, wanted)) === "act"
  if (wasPutBack) await putBackNow({ host, stateFolder, say })
  const found = await keepFound({ host, stateFolder, say })
  await clear(host, stateFolder)
  return { interrupted, wasPutBack, found }
}

async function isPastReturn({ host, stateFolder, say, servesWith }: SettlePlace): Promise<boolean> {
  const planned = await host.readIfPresent(posix.join(switchFolder(stateFolder), "planned"))
  if (planned === undefined || !(await servesWith?.(planned))) return false
  say("the server has come to serve as that run had planned: it goes on from there")
  return true
}

async function putBackNow({ host, stateFolder, say }: SettlePlace): Promise<void> {
  const actedAt = await readActed(host, stateFolder)
  if (actedAt !== undefined)
    return say(`the dead-man's switch put everything back ${actedAt && `at ${actedAt}`}`.trimEnd())
  say("its dead-man's switch has not acted yet: everything is put back now, and Synapse starts as before")
  await act(host, stateFolder)
}

/** What was put back over may hold somebody's edit: then it is kept, and its path returned. */
export async function keepFound({ host, stateFolder, say }: SettlePlace): Promise<readonly string[]> {
  const folder = switchFolder(stateFolder)
  const text = await host.readIfPresent(posix.join(folder, "found.before.0"))
  const planned = await host.readIfPresent(posix.join(folder, "planned"))
  if (text === undefined || text === planned) return []
  const path = posix.join(stateFolder, `homeserver.found-${new Date().toISOString().replaceAll(":", "")}.yaml`)
  // It may be the last room on the disk that it takes up.
  await host.exec(["mv", "--", posix.join(folder, "found.before.0"), path])
  await host.exec(["chmod", "600", "--", path])
  say(`homeserver.yaml was put back; what lay there instead, somebody's edit, is kept: ${path}`)
  return [path]
}

/** `at "migrate" of a cutover, begun 2026-11-24T02:13:04.000Z` */
export function describeStop({ operation, step, stepStartedAt }: Journal): string {
  const at = step === undefined ? "at the beginning" : `at "${step}"`
  return `${at} of a ${operation}${stepStartedAt ? `, begun ${stepStartedAt}` : ""}`
}
