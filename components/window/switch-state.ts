import { posix } from "node:path"
import type { Host } from "../host/host.ts"

/** How the switch ends, once and for all: `release`d by who armed it, or everything is put back. */
export type Claim = "release" | "act"

/** Where the switch lies: a folder in that of ours. */
export function switchFolder(stateFolder: string): string {
  return posix.join(stateFolder, "switch")
}

/** A name in it. */
export function inSwitch(stateFolder: string, name: string): string {
  return posix.join(switchFolder(stateFolder), name)
}

/** The program of a switch lies there twice: of two, a loss of power leaves one whole. */
export const scriptNames = ["run.sh", "run.again.sh"] as const

/** Whether a switch lies there, in whatever state. */
export async function isThere(host: Host, stateFolder: string): Promise<boolean> {
  for (const name of scriptNames) {
    if ((await host.readIfPresent(inSwitch(stateFolder, name))) !== undefined) return true
  }
  return false
}

/**
 * Decides how the switch ends, unless that is decided already. Returns what counts; `undefined`: it could not be decided,
 * and the switch goes by its lease.
 */
export async function claim(host: Host, stateFolder: string, wanted: Claim): Promise<Claim | undefined> {
  const [undecided, decided] = [inSwitch(stateFolder, "undecided"), inSwitch(stateFolder, `claimed.${wanted}`)]
  // One rename of one file: only one of two can make it, on every file system, and it needs no room.
  await host.exec(["mv", "-f", "--", undecided, decided])
  const claimed = await readClaim(host, stateFolder)
  if (claimed !== undefined || (await host.readIfPresent(undecided)) !== undefined) return claimed
  return decideAnew(host, stateFolder, wanted)
}

/** What there was to rename was lost with the power, and whoever might have renamed it, too; or the switch is one of before. */
async function decideAnew(host: Host, stateFolder: string, wanted: Claim): Promise<Claim | undefined> {
  const former = inSwitch(stateFolder, `claim.${wanted}`)
  if ((await host.readIfPresent(former)) !== undefined) {
    await host.exec(["ln", "--", former, inSwitch(stateFolder, "claimed")])
  } else {
    await host.write(inSwitch(stateFolder, `claimed.${wanted}`), `${wanted}\n`, { mode: 0o600 })
  }
  return readClaim(host, stateFolder)
}

export async function readClaim(host: Host, stateFolder: string): Promise<Claim | undefined> {
  const has = async (name: string) => (await host.readIfPresent(inSwitch(stateFolder, name))) !== undefined
  if (await has("claimed.release")) return "release"
  if (await has("claimed.act")) return "act"
  // As a switch has it that was armed by an earlier version.
  const text = await host.readIfPresent(inSwitch(stateFolder, "claimed"))
  return text === undefined ? undefined : text.trim() === "release" ? "release" : "act"
}

/** Whether a switch lies there that was neither released nor has acted. */
export async function isArmed(host: Host, stateFolder: string): Promise<boolean> {
  if (!(await isThere(host, stateFolder))) return false
  return (await readClaim(host, stateFolder)) !== "release" && (await readActed(host, stateFolder)) === undefined
}

/** Whether an earlier version armed it: its program knows less, and what it lays ready has other names. */
export async function isFormer(host: Host, stateFolder: string): Promise<boolean> {
  return (await host.readIfPresent(inSwitch(stateFolder, "claim.act"))) !== undefined
}

/** Whether its arming had ended, so that something may have been changed. One mark is enough: a loss of power may take another. */
export async function wasReady(host: Host, stateFolder: string): Promise<boolean> {
  for (const name of ["ready", "planned", "changed", "stood-still"]) {
    if ((await host.readIfPresent(inSwitch(stateFolder, name))) !== undefined) return true
  }
  return false
}

/** When everything was put back, in ISO 8601; empty where the disk was too full to say. */
export async function readActed(host: Host, stateFolder: string): Promise<string | undefined> {
  return (await host.readIfPresent(inSwitch(stateFolder, "acted")))?.trim()
}

/** What it could not do although the server serves, a sentence each. */
export async function readUndone(host: Host, stateFolder: string): Promise<readonly string[]> {
  const text = (await host.readIfPresent(inSwitch(stateFolder, "undone"))) ?? ""
  return [...new Set(text.split("\n").filter(Boolean))]
}

/** A sign of life: any text that differs from the last one. */
export async function renew(host: Host, stateFolder: string, sign: string): Promise<void> {
  await host.write(inSwitch(stateFolder, "lease"), `${sign}\n`, { mode: 0o600 })
}

/** A process of the host, as a switch notes itself. */
export interface Identity {
  readonly pid: string
  /** In the kernel's ticks since it began, and which beginning that was; empty where the kernel does not tell. */
  readonly startedAt: string
  readonly boot: string
}

/** Who watches, as it noted itself; `undefined`: nobody has, or what was noted cannot be read. */
export async function readWatcher(host: Host, stateFolder: string): Promise<Identity | undefined> {
  const noted = await host.readIfPresent(inSwitch(stateFolder, "watcher"))
  if (noted !== undefined) {
    const [, pid, startedAt = "", boot = ""] = /^(\d+) (\d*) ([\w-]*)\n$/.exec(noted) ?? []
    return pid === undefined ? undefined : { pid, startedAt, boot }
  }
  // As a switch has it that was armed by an earlier version.
  const former = /^(\d+)\n$/.exec((await host.readIfPresent(inSwitch(stateFolder, "watching"))) ?? "")
  return former?.[1] === undefined ? undefined : { pid: former[1], startedAt: "", boot: "" }
}

/** A number alone may have gone on to somebody else. One that was stopped, or is not buried yet, watches over nothing. */
const lives = `lives() { # pid, start, boot
  kill -0 "$1" 2>/dev/null || return 1
  [ -z "$3" ] || [ "$3" = "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)" ] || return 1
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || { [ ! -d /proc/self ]; return; }
  set -- "$2" \${stat##*) }
  case $2 in [ZTtXx]) return 1 ;; esac
  start=$1
  shift 20
  [ -z "$start" ] || [ "$start" = "$1" ]
}
`

/** Whether a process watches over the window. */
export async function isAlive(host: Host, stateFolder: string): Promise<boolean> {
  const watcher = await readWatcher(host, stateFolder)
  if (watcher === undefined) return false
  const { pid, startedAt, boot } = watcher
  return (await host.exec(["sh", "-c", `${lives}lives "$@"`, "lives", pid, startedAt, boot])).exitCode === 0
}

/** It looks for its folder every two seconds; it is not waited for without end. */
export async function waitUntilGone(host: Host, { pid, startedAt, boot }: Identity): Promise<void> {
  const wait = `${lives}rounds=0
while lives "$@" && [ $rounds -lt 5 ]; do sleep 1; rounds=$((rounds + 1)); done`
  await host.exec(["sh", "-c", wait, "wait", pid, startedAt, boot])
}
