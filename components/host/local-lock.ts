import { once } from "node:events"
import { constants } from "node:fs"
import { type FileHandle, lstat, open, readFile } from "node:fs/promises"
import { execa } from "execa"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"
import { errorNumberOf, refuseWriting } from "./file-refusals.ts"
import { ownFolder } from "./own-folder.ts"
import { lockName } from "./own-names.ts"
import { notPlain } from "./planted.ts"
import { isOthers, isSameFile, openPlain, reach, type Spot } from "./safe-path.ts"

/**
 * Its descriptors: 3 the lock's file, 4 its folder. $1 seconds to wait, $2 the file's name, $3 for people who list processes.
 * Takes the kernel's lock on the file, says so, holds it until its standard input ends. That ends with our process, however
 * it dies, so there is no such thing as a stale lock, and no clock that tells whether a holder lives. At the end it takes the
 * file away, if it still is the one that has the name.
 */
const holder = `flock -x -w "$1" 3 || exit 4
echo held
cat >/dev/null
[ "/proc/self/fd/4/$2" -ef /proc/self/fd/3 ] && rm -f "/proc/self/fd/4/$2"`

const exitWhenBusy = 4
/** A holder that leaves takes the file away; who waited for it begins anew with the next one. */
const mostRounds = 1000
/** How long one waits for its turn, unless it says otherwise. */
export const lockSeconds = 600
/** Beyond what it waits for the lock: a shell has to start. */
const graceSeconds = 10

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants

export interface Waiting {
  readonly waitSeconds?: number
}

/** A lock of the kernel, by util-linux's or busybox's `flock`: see {@link holder}. The path is in a folder of ours. */
export async function withLocalLock<T>(path: string, work: () => Promise<T>, waiting: Waiting = {}): Promise<T> {
  return withLockAt({ path, guarded: path }, work, waiting)
}

/** A lock on somebody else's file. It lies in a folder of our own: beside the file anything could be planted. */
export async function withLocalLockOn<T>(
  file: string,
  purpose: string,
  work: () => Promise<T>,
  waiting: Waiting = {},
): Promise<T> {
  return withLockAt({ path: await lockPath(file, purpose), guarded: file }, work, waiting)
}

async function lockPath(file: string, purpose: string): Promise<string> {
  try {
    await using spot = await reach(file, { followLast: true })
    return await lockPathAt(spot, purpose)
  } catch (cause) {
    throw refuseWriting(cause, { host: "this machine", file })
  }
}

export async function lockPathAt({ folderFacts, name }: Spot, purpose: string): Promise<string> {
  return `${await ownFolder()}/${lockName(folderFacts, name, purpose)}`
}

/** Where a lock lies, and what people know it by. */
interface LockPlace {
  readonly path: string
  readonly guarded: string
}

export async function withLockAt<T>(
  place: LockPlace,
  work: () => Promise<T>,
  { waitSeconds = lockSeconds }: Waiting = {},
): Promise<T> {
  const lock = await takeLock(place, waitSeconds)
  let result: T
  try {
    result = await work()
  } catch (error) {
    await lock.release()
    throw error
  }
  if (!(await lock.release())) throw lost(place.guarded)
  return result
}

interface HeldLock {
  /** Says whether we held it to the end. */
  release(): Promise<boolean>
}

async function takeLock(place: LockPlace, waitSeconds: number): Promise<HeldLock> {
  const end = performance.now() + waitSeconds * 1000
  for (let round = 0; round < mostRounds; round++) {
    const left = Math.max(1, Math.ceil((end - performance.now()) / 1000))
    const lock = await tryLock(place, left)
    if (lock !== undefined) return lock
  }
  throw await busy(place)
}

/** `undefined`: the file that we waited for was taken away by its holder, and has a successor. */
async function tryLock({ path, guarded }: LockPlace, waitSeconds: number): Promise<HeldLock | undefined> {
  await using spot = await reach(path).catch((cause) => Promise.reject(notMade(guarded, cause)))
  if (isOthers(spot.folderFacts)) throw notOurs(spot, guarded)
  const file = await openLock(spot).catch((cause) => Promise.reject(notMade(guarded, cause)))
  try {
    const holding = await hold(spot, file, { path, guarded, waitSeconds })
    const isTheOne = await lstat(spot.at, { bigint: true }).then(
      async (facts) => isSameFile(facts, await file.stat({ bigint: true })),
      () => false,
    )
    if (!isTheOne) {
      await holding.release()
      return undefined
    }
    await file.truncate()
    await file.write(`${await describeUs()}\n`, 0)
    return holding
  } finally {
    // From here on the holder alone has it open: the lock goes with it.
    await file.close()
  }
}

/** Made exclusively, or what lies there: a plain file, which whoever cannot write the folder cannot have planted. */
async function openLock(spot: Spot): Promise<FileHandle> {
  for (let round = 0; round < mostRounds; round++) {
    try {
      return await open(spot.at, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK, 0o600)
    } catch (error) {
      if (errorNumberOf(error) !== "EEXIST") throw error
    }
    try {
      return (await openPlain(spot, O_RDWR)).handle
    } catch (error) {
      if (errorNumberOf(error) === "EISDIR") throw notPlain(spot.path, "a folder")
      // Its holder has just taken it away.
      if (errorNumberOf(error) !== "ENOENT") throw error
    }
  }
  throw new Error(`the lock ${spot.path} comes and goes`)
}

async function hold(
  spot: Spot,
  file: FileHandle,
  { path, guarded, waitSeconds }: LockPlace & { readonly waitSeconds: number },
): Promise<HeldLock> {
  // Detached, in a group of its own: a Ctrl-C in the terminal must not take the lock from work that is still ending.
  const holding = execa("sh", ["-c", holder, "lock", String(waitSeconds), spot.name, path], {
    detached: true,
    reject: false,
    buffer: { stdout: false },
    // execa's types know small numbers only.
    stdio: ["pipe", "pipe", "pipe", file.fd as 3, spot.folder.fd as 4],
  })
  const child = holding.nodeChildProcess
  const giveUp = setTimeout(() => child.kill("SIGKILL"), (waitSeconds + graceSeconds) * 1000)
  const held = await Promise.race([once(holding.stdout, "data").then(() => true), holding.then(() => false)])
  clearTimeout(giveUp)
  if (!held) throw await refusalOf({ path, guarded }, await holding)
  return {
    async release() {
      const heldToTheEnd = child.exitCode === null && child.signalCode === null
      holding.stdin.end()
      await holding
      return heldToTheEnd
    },
  }
}

/** By number and start time in ticks since the machine's start (proc(5)): a number is given out again, and clocks jump. */
async function describeUs(): Promise<string> {
  const stat = await readFile("/proc/self/stat", "utf8").catch(() => "")
  const startTicks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
  return `process ${process.pid}${startTicks === undefined ? "" : ` (start time ${startTicks})`}`
}

interface Ended {
  readonly exitCode?: number
  readonly stderr?: string
  readonly cause?: unknown
}

async function refusalOf(place: LockPlace, { exitCode, stderr = "", cause }: Ended): Promise<Refusal> {
  const where = { host: "this machine", file: place.guarded }
  const meaning = "Nothing was changed."
  if (exitCode === exitWhenBusy && stderr === "") return busy(place)
  if (/flock: (command )?not found/.test(stderr) || errorNumberOf(cause) === "ENOENT") {
    const what = "The program flock is not installed"
    const next = "Install util-linux (Debian, Ubuntu: `apt-get install util-linux`)."
    return new Refusal({ code: "host/program-missing", what, where, meaning, next })
  }
  const what = `The lock ${place.path} could not be taken: ${quoted(stderr.trim())}`
  const next = "See why `flock` does not work there, then run again."
  return new Refusal({ code: "host/file-not-writable", what, where, meaning, next })
}

/** Whatever the system says, a refusal as such stays what it is. */
function notMade(file: string, cause: unknown): unknown {
  if (cause instanceof Refusal) return cause
  return new Refusal({
    code: "host/file-not-writable",
    what: `The lock for ${file} could not be made (${errorNumberOf(cause) ?? String(cause)})`,
    where: { host: "this machine", file },
    meaning: "Nothing was changed.",
    next: "Run as a user who may write that folder (usually root).",
    cause,
  })
}

/** They could take the lock away, and put there what we run or restore from. */
function notOurs({ path, name, folderFacts: { uid, mode } }: Spot, file: string): Refusal {
  const folder = path.slice(0, -name.length - 1)
  return new Refusal({
    code: "host/folder-not-ours",
    what: `Others can write ${folder} (owner ${uid}, mode ${(mode & 0o7777n).toString(8)}), which has to be ours alone`,
    where: { host: "this machine", file },
    meaning: "Nothing was changed. What lies there could be another one's than ours, and we would run it as this user.",
    next: `See what lies there and who put it there, then: chown ${process.geteuid?.() ?? 0} ${folder} && chmod 700 ${folder}`,
  })
}

async function busy({ path, guarded }: LockPlace): Promise<Refusal> {
  const by = await readHolder(path).catch(() => "")
  return new Refusal({
    code: "host/lock-busy",
    what: `Another run is at work: the lock is held${by ? ` by ${by}` : ""}`,
    where: { host: "this machine", file: guarded },
    meaning: "Nothing was changed by this run.",
    next: "Wait for the other run to end, then run again. A run that was killed lets go of its lock by itself.",
  })
}

async function readHolder(path: string): Promise<string> {
  await using spot = await reach(path)
  const { handle } = await openPlain(spot)
  try {
    return (await handle.readFile("utf8")).trim().slice(0, 200)
  } finally {
    await handle.close()
  }
}

function lost(file: string): Refusal {
  return new Refusal({
    code: "host/lock-lost",
    what: "The lock was taken from us while we worked",
    where: { host: "this machine", file },
    meaning: "Our work is done, but another run may have worked at the same time.",
    next: "Make sure that no other run is going on, then `pulumi preview` to see where things stand.",
  })
}
