import { posix } from "node:path"
import type { Host } from "../host/host.ts"
import { quoted } from "../report/quoted.ts"
import { removeStaleBootFiles } from "./boot-file.ts"
import type { BootPlaces } from "./boot-start.ts"
import { act, clear, hasLateWrite, makeScriptWhole, notPutBack } from "./dead-mans-switch.ts"
import { type Journal, readJournal } from "./journal.ts"
import { claim, inSwitch, isFormer, isThere, readActed } from "./switch-state.ts"

export interface SettlePlace {
  readonly host: Host
  readonly stateFolder: string
  /** Where this machine keeps what it does at boot. Default: the usual places. */
  readonly boot?: BootPlaces
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
 * To be called by whoever holds the operation's lock, which proves that nobody else is at work. Throws `window/not-put-back`;
 * then nothing is taken away, and the next one tries again.
 */
export async function settle(place: SettlePlace): Promise<Settled> {
  const { host, stateFolder, say, boot } = place
  const journal = await readJournal(host, stateFolder)
  const interrupted = journal?.ended === undefined ? journal : undefined
  if (interrupted) say(`the last run stopped ${describeStop(interrupted)}`)
  if (!(await isThere(host, stateFolder))) {
    await removeStaleBootFiles(host, stateFolder, boot)
    return { interrupted, wasPutBack: false, found: [] }
  }
  if (!(await makeScriptWhole(host, stateFolder))) {
    await clear(host, stateFolder)
    return { interrupted, wasPutBack: false, found: [] }
  }
  const wasPutBack = await endSwitch(place)
  const found = await keepFound({ host, stateFolder, say })
  for (const line of await clear(host, stateFolder)) say(line)
  return { interrupted, wasPutBack, found }
}

/** Says whether everything was put back. */
async function endSwitch(place: SettlePlace): Promise<boolean> {
  const { host, stateFolder, say } = place
  const wanted = (await isPastReturn(place)) ? "release" : "act"
  const claimed = await claim(host, stateFolder, wanted)
  if (claimed === "release") return false
  if (claimed === undefined && wanted === "release")
    throw notPutBack(host, stateFolder, "nothing can be decided there: the folder cannot be written")
  await putBackNow({ host, stateFolder, say })
  return true
}

async function isPastReturn({ host, stateFolder, say, servesWith }: SettlePlace): Promise<boolean> {
  const planned = await host.readIfPresent(inSwitch(stateFolder, "planned"))
  if (planned === undefined || !(await servesWith?.(planned))) return false
  if (!(await hasStoodStill(host, stateFolder))) {
    say("the server serves as planned, but it is not known whether Synapse stood still meanwhile: it goes back")
    return false
  }
  say("the server has come to serve as that run had planned: it goes on from there")
  return true
}

const standstill = "stood-still"

/**
 * Notes that Synapse has stood still from its stop until the new file was written: from then on every start is one with that.
 * Without it, what people did meanwhile may be missing in MAS's copy.
 */
export async function noteStandstill({ host, stateFolder }: SettlePlace): Promise<void> {
  await host.write(inSwitch(stateFolder, standstill), "", { mode: 0o600 })
}

/** A switch of an earlier version does not know of it: there, that it serves as planned is all that can be known. */
async function hasStoodStill(host: Host, stateFolder: string): Promise<boolean> {
  if (await isFormer(host, stateFolder)) return true
  return (await host.readIfPresent(inSwitch(stateFolder, standstill))) !== undefined
}

async function putBackNow({ host, stateFolder, say }: SettlePlace): Promise<void> {
  const actedAt = await readActed(host, stateFolder)
  if (actedAt === undefined) {
    say("its dead-man's switch has not acted yet: everything is put back now, and Synapse starts as before")
    return act(host, stateFolder)
  }
  say(`the dead-man's switch put everything back ${actedAt && `at ${actedAt}`}`.trimEnd())
  if (!(await hasLateWrite(host, stateFolder))) return
  say("what that run was writing came after it: it is put back once more")
  await act(host, stateFolder)
}

/** What was put back over may hold somebody's edit: then it is kept, and its path returned. */
export async function keepFound({ host, stateFolder, say }: SettlePlace): Promise<readonly string[]> {
  const found = inSwitch(stateFolder, "found.before.0")
  if ((await host.exec(["test", "-e", found])).exitCode !== 0) return []
  for (const known of ["planned", "before.0"]) {
    if ((await host.exec(["cmp", "-s", "--", found, inSwitch(stateFolder, known)])).exitCode === 0) return []
  }
  const path = posix.join(stateFolder, `homeserver.found-${new Date().toISOString().replaceAll(":", "")}.yaml`)
  // It may be the last room on the disk that it takes up.
  const { exitCode, stderr } = await host.exec(["mv", "--", found, path])
  if (exitCode !== 0)
    throw notPutBack(host, stateFolder, `what lay there instead cannot be kept: ${quoted(stderr.trim())}`)
  await host.exec(["chmod", "600", "--", path])
  say(`homeserver.yaml was put back; what lay there instead, somebody's edit, is kept: ${path}`)
  return [path]
}

/** `at "migrate" of a cutover, begun 2026-11-24T02:13:04.000Z` */
export function describeStop({ operation, step, stepStartedAt }: Journal): string {
  if (operation === "unknown") return "where nobody can tell any more: its journal is empty or cut off"
  const at = step === undefined ? "at the beginning" : `at "${step}"`
  return `${at} of a ${operation}${stepStartedAt ? `, begun ${stepStartedAt}` : ""}`
}
