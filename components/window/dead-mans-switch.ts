import { posix } from "node:path"
import pRetry from "p-retry"
import type { Host } from "../host/host.ts"
import { Refusal } from "../report/refusal.ts"
import { quote, type SwitchPlan, switchScript, twinEnding } from "./switch-script.ts"

/** What has to be put back, and what has to run again, when a window is not closed by whoever opened it. */
export interface WayOut extends Omit<SwitchPlan, "files"> {
  /** Files as they have to be: their text, or `undefined` where there was none. */
  readonly files: readonly { readonly path: string; readonly before: string | undefined }[]
}

export interface SwitchPlace {
  /** A folder of ours on the host; the switch lies in one below it. */
  readonly stateFolder: string
  /** The switch acts when nobody has renewed its lease for this long. */
  readonly leaseSeconds: number
}

/** How the switch ends, once and for all: `release`d by who armed it, or everything is put back. */
export type Claim = "release" | "act"

const startLimitSeconds = 15
const actLimitSeconds = 900

/** What is written once it is over lies there before it begins: then a link or a rename will do, also on a full disk. */
const laidReady = {
  "claim.release": "release\n",
  "claim.act": "act\n",
  "claim.switch": "act\n",
  acting: "",
  log: "",
} as const

export function switchFolder(stateFolder: string): string {
  return posix.join(stateFolder, "switch")
}

/**
 * Arms the dead-man's switch: a small process of its own on the host, which outlives us, our connection and the engine.
 * Returns when it says that it watches. Throws `window/switch-not-armed`.
 */
export async function arm(host: Host, place: SwitchPlace, out: WayOut): Promise<void> {
  const folder = switchFolder(place.stateFolder)
  await clear(host, place.stateFolder)
  const files = await Promise.all(
    out.files.map(async ({ path, before }, index) => ({
      path: await realPath(host, path),
      ...(before === undefined ? {} : { before, saved: `before.${index}` }),
    })),
  )
  // First of all: it knows what would have to be cleared away.
  await host.write(posix.join(folder, "run.sh"), switchScript({ ...out, files }), { mode: 0o600 })
  for (const [name, text] of Object.entries(laidReady)) {
    await host.write(posix.join(folder, name), text, { mode: 0o600 })
  }
  for (const file of files) await save(host, folder, file)
  await renew(host, place.stateFolder, "armed")
  await detach(host, ["sh", posix.join(folder, "run.sh"), "watch", String(Math.ceil(place.leaseSeconds))])
  const lookForIt = async () => {
    if ((await host.readIfPresent(posix.join(folder, "watching"))) === undefined) throw notArmed(host, folder)
  }
  await pRetry(lookForIt, { retries: startLimitSeconds * 10, minTimeout: 100, factor: 1 })
}

async function save(host: Host, folder: string, file: SwitchPlan["files"][number] & { readonly before?: string }) {
  const { path, saved, before } = file
  if (saved === undefined || before === undefined) return
  const copy = posix.join(folder, saved)
  await host.write(copy, before, { mode: 0o600 })
  const twin = `${path}${twinEnding}`
  await host.exec(["cp", "-p", "--", path, twin])
  if ((await host.exec(["cmp", "-s", "--", copy, twin])).exitCode !== 0) throw changedMeanwhile(host, path)
}

/** Through a link, what it points at is put back, and the link stays. */
async function realPath(host: Host, path: string): Promise<string> {
  const { exitCode, stdout } = await host.exec(["readlink", "-f", "--", path])
  return exitCode === 0 ? stdout.replace(/\n$/, "") : path
}

/** Out of our process tree, our session and our streams; the shell that starts it ends at once. */
async function detach(host: Host, argv: readonly string[]): Promise<void> {
  const program = `${argv.map(quote).join(" ")} </dev/null >/dev/null 2>&1`
  const alone = `trap '' HUP INT TERM
if command -v setsid >/dev/null 2>&1; then setsid ${program} &
else nohup ${program} &
fi`
  await host.exec(["sh", "-c", alone])
}

/** A sign of life: any text that differs from the last one. */
export async function renew(host: Host, stateFolder: string, sign: string): Promise<void> {
  await host.write(posix.join(switchFolder(stateFolder), "lease"), `${sign}\n`, { mode: 0o600 })
}

/** Decides how the switch ends, unless that is decided already. Returns what counts. */
export async function claim(host: Host, stateFolder: string, wanted: Claim): Promise<Claim> {
  const folder = switchFolder(stateFolder)
  // In one step with its content, and only for the first.
  await host.exec(["ln", "--", posix.join(folder, `claim.${wanted}`), posix.join(folder, "claimed")])
  return (await readClaim(host, stateFolder)) ?? wanted
}

export async function readClaim(host: Host, stateFolder: string): Promise<Claim | undefined> {
  const text = await host.readIfPresent(posix.join(switchFolder(stateFolder), "claimed"))
  if (text === undefined) return undefined
  return text.trim() === "release" ? "release" : "act"
}

/** Whether a switch lies there that was neither released nor has acted. */
export async function isArmed(host: Host, stateFolder: string): Promise<boolean> {
  const folder = switchFolder(stateFolder)
  if ((await host.readIfPresent(posix.join(folder, "run.sh"))) === undefined) return false
  return (await readClaim(host, stateFolder)) !== "release" && (await readActed(host, stateFolder)) === undefined
}

/** When everything was put back, in ISO 8601; empty where the disk was too full to say. */
export async function readActed(host: Host, stateFolder: string): Promise<string | undefined> {
  return (await host.readIfPresent(posix.join(switchFolder(stateFolder), "acted")))?.trim()
}

/**
 * Puts everything back now and starts Synapse, by the very program that the switch is. Doing it twice, or beside the
 * switch, does no harm. Throws `window/not-put-back`.
 */
export async function act(host: Host, stateFolder: string): Promise<void> {
  const folder = switchFolder(stateFolder)
  const { exitCode, stderr } = await host.exec(["sh", posix.join(folder, "run.sh"), "act"], {
    timeoutSeconds: actLimitSeconds,
  })
  if (exitCode === 0 && (await readActed(host, stateFolder)) !== undefined) return
  throw new Refusal({
    code: "window/not-put-back",
    what: `What was begun could not be taken back (exit code ${exitCode}): ${stderr.trim() || "see its log"}`,
    where: { host: host.name, file: posix.join(folder, "log") },
    meaning: "The server may not be serving now. The files as they were lie in that folder.",
    next: "See docs/mas_migration_rollback.md, by hand: put homeserver.yaml back and start Synapse.",
  })
}

/** Takes the switch away once it has no more to do. Its process ends by itself when its folder is gone: that is waited for. */
export async function clear(host: Host, stateFolder: string): Promise<void> {
  const folder = switchFolder(stateFolder)
  const script = posix.join(folder, "run.sh")
  if ((await host.readIfPresent(script)) !== undefined) await host.exec(["sh", script, "forget"])
  const watching = (await host.readIfPresent(posix.join(folder, "watching")))?.trim()
  await host.exec(["rm", "-rf", "--", folder])
  if (watching) await host.exec(["sh", "-c", untilGone, "wait", watching])
}

/** It looks for its folder every two seconds; a number that went on to somebody else is not waited for. */
const untilGone = `rounds=0
while kill -0 "$1" 2>/dev/null && [ $rounds -lt 5 ]; do sleep 1; rounds=$((rounds + 1)); done`

function changedMeanwhile(host: Host, file: string): Refusal {
  return new Refusal({
    code: "host/file-changed",
    what: `${posix.basename(file)} was changed since it was read`,
    where: { host: host.name, file },
    meaning: "Nothing was stopped or changed.",
    next: "See who else edits it, then `pulumi up`.",
  })
}

function notArmed(host: Host, folder: string): Refusal {
  return new Refusal({
    code: "window/switch-not-armed",
    what: `The dead-man's switch did not start within ${startLimitSeconds} s`,
    where: { host: host.name, file: folder },
    meaning: "Nothing was stopped or changed: without it a kill could leave the server not serving.",
    next: "See whether that folder can be written and a shell runs there, then `pulumi up`.",
  })
}
