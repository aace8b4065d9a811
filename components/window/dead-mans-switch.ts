import { randomBytes } from "node:crypto"
import { posix } from "node:path"
import pRetry from "p-retry"
import type { Host } from "../host/host.ts"
import { namesBeside } from "../host/own-names.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"
import { armForBoot } from "./boot-file.ts"
import { type BootPlaces, type BootStart, findBootStart } from "./boot-start.ts"
import { detachSwitch, type Whereabouts } from "./detach-switch.ts"
import { isWholeScript, type PlannedFile, type SwitchPlan, switchScript } from "./switch-script.ts"
import {
  inSwitch,
  isAlive,
  isFormer,
  isThere,
  readActed,
  readClaim,
  readUndone,
  readWatcher,
  renew,
  scriptNames,
  switchFolder,
  waitUntilGone,
  wasReady,
} from "./switch-state.ts"

/** What has to be put back, and what has to run again, when a window is not closed by whoever opened it. */
export interface WayOut extends Omit<SwitchPlan, "files" | "boot"> {
  /** Files as they have to be: their text, or `undefined` where there was none. */
  readonly files: readonly { readonly path: string; readonly before: string | undefined }[]
}

export interface SwitchPlace {
  /** A folder of ours on the host; the switch lies in one below it. */
  readonly stateFolder: string
  /** The switch acts when nobody has renewed its lease for this long. */
  readonly leaseSeconds: number
  /** Where this machine keeps what it does at boot. Default: the usual places. */
  readonly boot?: BootPlaces
}

/** Where an armed switch runs, and what lets Synapse serve when the machine restarts. */
export interface Armed {
  readonly where: Whereabouts
  readonly boot: BootStart
}

const startLimitSeconds = 15
const actLimitSeconds = 900
const prepareLimitSeconds = 300
const forgetLimitSeconds = 300

/** What is renamed once it is over lies there before it begins: that needs no room on the disk, and no hard links. */
const laidReady = { undecided: "undecided\n", unchanged: "", acting: "", log: "" } as const

const [firstScript, secondScript] = scriptNames

/** `prepare` says so when a file is no longer what was read. */
const exitWhenChanged = 3

/**
 * Arms the dead-man's switch: a small process of its own on the host, which outlives us, our connection and the engine.
 * Returns where it runs and what acts at boot, once it watches and has tried all that it will need. Throws `window/switch-not-armed`, and
 * `host/file-changed` where a file is no longer as given; nothing has been changed then.
 */
export async function arm(host: Host, place: SwitchPlace, out: WayOut): Promise<Armed> {
  const { stateFolder } = place
  await demandNone(host, stateFolder)
  try {
    const boot = await findBootStart(host, out.service, stateFolder, place.boot)
    await layOut(host, stateFolder, { ...out, boot: boot.kind === "unit" || boot.kind === "cron" ? boot : undefined })
    const armed = await armForBoot(host, stateFolder, boot)
    return { where: await startWatching(host, place), boot: armed }
  } catch (error) {
    // Nothing was changed yet.
    await clear(host, stateFolder)
    throw error
  }
}

async function layOut(host: Host, stateFolder: string, out: WayOut & Pick<SwitchPlan, "boot">): Promise<void> {
  const files: PlannedFile[] = []
  for (const [index, { path, before }] of out.files.entries()) {
    // Through a link, what it points at is put back, and the link stays.
    const real = await host.realPath(path)
    const room = posix.join(posix.dirname(real), namesBeside.twinRoom(posix.basename(real)))
    files.push({
      path: real,
      room,
      sum: before === undefined ? undefined : await save(host, stateFolder, index, before),
    })
  }
  for (const [name, text] of Object.entries(laidReady)) {
    await host.write(inSwitch(stateFolder, name), text, { mode: 0o600 })
  }
  await renew(host, stateFolder, "armed")
  // Before anything lies elsewhere: it knows what would have to be cleared away.
  const script = switchScript({ ...out, files })
  await host.write(inSwitch(stateFolder, firstScript), script, { mode: 0o600 })
  await host.write(inSwitch(stateFolder, secondScript), script, { mode: 0o600 })
  await prepare(host, stateFolder)
  await host.write(inSwitch(stateFolder, "ready"), "", { mode: 0o600 })
}

async function startWatching(host: Host, place: SwitchPlace): Promise<Whereabouts> {
  const { stateFolder } = place
  const where = await watchAgain(host, place)
  const lookForIt = async () => {
    if (!(await isAlive(host, stateFolder)))
      throw notArmed(host, stateFolder, `did not start within ${startLimitSeconds} s`)
  }
  await pRetry(lookForIt, { retries: startLimitSeconds * 10, minTimeout: 100, factor: 1 })
  return where
}

/** Starts the process of a switch that lies there. Two at once do no harm. */
export async function watchAgain(host: Host, { stateFolder, leaseSeconds }: SwitchPlace): Promise<Whereabouts> {
  const unit = `matrix-auth-switch-${randomBytes(6).toString("hex")}`
  return detachSwitch(host, { script: inSwitch(stateFolder, firstScript), leaseSeconds, unit })
}

/** What an earlier one left when it was cleared away goes; one that has not ended is not ours to take away. */
async function demandNone(host: Host, stateFolder: string): Promise<void> {
  const isOver = async () =>
    (await readClaim(host, stateFolder)) === "release" || (await readActed(host, stateFolder)) !== undefined
  if ((await isThere(host, stateFolder)) && !(await isOver())) {
    throw notArmed(host, stateFolder, "could not be armed: another one lies there that has not ended")
  }
  await clear(host, stateFolder)
}

/** Returns its check sum, as the switch will ask for it. */
async function save(host: Host, stateFolder: string, index: number, before: string): Promise<string> {
  const copy = inSwitch(stateFolder, `before.${index}`)
  await host.write(copy, before, { mode: 0o600 })
  const { exitCode, stdout, stderr } = await host.exec(["cksum"], { stdinFile: copy })
  if (exitCode === 0) return stdout.trim()
  throw notArmed(host, stateFolder, `could not be armed: cksum says ${quoted(stderr.trim())}`)
}

async function prepare(host: Host, stateFolder: string): Promise<void> {
  const { exitCode, stderr } = await host.exec(["sh", inSwitch(stateFolder, firstScript), "prepare"], {
    timeoutSeconds: prepareLimitSeconds,
  })
  if (exitCode === 0) return
  if (exitCode === exitWhenChanged) throw changedMeanwhile(host, quoted(stderr.trim()))
  throw notArmed(
    host,
    stateFolder,
    `could not do what it may have to: ${quoted(stderr.trim()) || `exit code ${exitCode}`}`,
  )
}

/**
 * Sees to it that the program of a switch that lies there is whole. Says whether it is: without it, and with nothing ready,
 * the arming was cut off, and nothing had been changed. Throws `window/not-put-back` where something may have been.
 */
export async function makeScriptWhole(host: Host, stateFolder: string): Promise<boolean> {
  const read = async (name: string) => (await host.readIfPresent(inSwitch(stateFolder, name))) ?? ""
  if (isWholeScript(await read(firstScript))) return true
  const second = await read(secondScript)
  if (isWholeScript(second)) {
    await host.write(inSwitch(stateFolder, firstScript), second, { mode: 0o600 })
    return true
  }
  if (!(await wasReady(host, stateFolder))) return false
  throw notPutBack(host, stateFolder, "its program is damaged")
}

/**
 * Puts everything back now and starts Synapse, by the very program that the switch is. Doing it twice, or beside the
 * switch, does no harm. Throws `window/not-put-back`; nothing that is needed to try it again is gone then.
 */
export async function act(host: Host, stateFolder: string): Promise<void> {
  const script = inSwitch(stateFolder, firstScript)
  const { exitCode, stderr } = await host.exec(["sh", script, "act"], { timeoutSeconds: actLimitSeconds })
  if (exitCode === 0 && (await readActed(host, stateFolder)) !== undefined) return
  throw notPutBack(host, stateFolder, `exit code ${exitCode}: ${quoted(stderr.trim()) || "see its log"}`)
}

/** Whether what the window was to write lies there, though everything was put back: a write that came late. */
export async function hasLateWrite(host: Host, stateFolder: string): Promise<boolean> {
  if (await isFormer(host, stateFolder)) return false
  return (await host.exec(["sh", inSwitch(stateFolder, firstScript), "late"])).exitCode === 0
}

/**
 * Takes the switch away once it has no more to do; for who knows that it was released, has acted, or that nothing was
 * changed. Returns what it could not do, a sentence each. Its process ends by itself when its folder is gone: that is waited for.
 */
export async function clear(host: Host, stateFolder: string): Promise<readonly string[]> {
  const folder = switchFolder(stateFolder)
  if (await isThere(host, stateFolder)) {
    await host.exec(["sh", inSwitch(stateFolder, firstScript), "forget"], { timeoutSeconds: forgetLimitSeconds })
  }
  const undone = await readUndone(host, stateFolder)
  const watcher = await readWatcher(host, stateFolder)
  // All of it at once: half a folder would be a switch that does not know what it was told.
  const away = `${folder}.gone.${randomBytes(6).toString("hex")}`
  await host.exec([
    "sh",
    "-c",
    'mv -- "$1" "$2" 2>/dev/null || rm -rf -- "$1"; rm -rf -- "$1".gone.*',
    "clear",
    folder,
    away,
  ])
  if (watcher !== undefined) await waitUntilGone(host, watcher)
  return undone
}

function changedMeanwhile(host: Host, file: string): Refusal {
  return new Refusal({
    code: "host/file-changed",
    what: `${posix.basename(file)} was changed since it was read`,
    where: { host: host.name, file },
    meaning: "Nothing was stopped or changed.",
    next: "See who else edits it, then `pulumi up`.",
  })
}

function notArmed(host: Host, stateFolder: string, why: string): Refusal {
  return new Refusal({
    code: "window/switch-not-armed",
    what: `The dead-man's switch ${why}`,
    where: { host: host.name, file: switchFolder(stateFolder) },
    meaning: "Nothing was stopped or changed: without it a kill could leave the server not serving.",
    next: "See whether that folder can be written and a shell runs there, then `pulumi up`.",
  })
}

export function notPutBack(host: Host, stateFolder: string, why: string): Refusal {
  return new Refusal({
    code: "window/not-put-back",
    what: `What was begun could not be taken back (${why})`,
    where: { host: host.name, file: inSwitch(stateFolder, "log") },
    meaning: "The server may not be serving now. The files as they were lie in that folder.",
    next: "Mend what the log names, then `npm run recover -- --stack NAME`; by hand: docs/mas_migration_rollback.md.",
  })
}
