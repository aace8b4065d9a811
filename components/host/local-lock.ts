import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { execa } from "execa"
import { Refusal } from "../report/refusal.ts"
import { errorNumberOf } from "./file-refusals.ts"

/**
 * $1 the lock's path, $2 seconds to wait, $3 who we are. Takes the kernel's lock on the file, says so, holds it until
 * its standard input ends. That ends with our process, however it dies, so there is no such thing as a stale lock.
 * The file is removed at the end; whoever waited for the removed one notices (-ef) and takes its successor.
 */
const holder = `umask 077
while :; do
  exec 9>>"$1" || exit 5
  flock -x -w "$2" 9 || exit 4
  [ "$1" -ef /proc/self/fd/9 ] && break
  exec 9>&-
done
printf '%s\\n' "$3" >"$1"
echo held
cat >/dev/null
rm -f "$1"`

const exitWhenBusy = 4

/** A lock of the kernel, by util-linux's or busybox's `flock`: see {@link holder}. */
export async function withLocalLock<T>(
  path: string,
  work: () => Promise<T>,
  { waitSeconds = 600 }: { readonly waitSeconds?: number } = {},
): Promise<T> {
  const lock = await takeLock(path, waitSeconds)
  let result: T
  try {
    result = await work()
  } catch (error) {
    await lock.release()
    throw error
  }
  if (!(await lock.release())) throw lost(path)
  return result
}

interface HeldLock {
  /** Says whether we held it to the end. */
  release(): Promise<boolean>
}

async function takeLock(path: string, waitSeconds: number): Promise<HeldLock> {
  const self = `process ${process.pid}, since ${new Date().toISOString()}`
  // Detached, in a group of its own: a Ctrl-C in the terminal must not take the lock from work that is still ending.
  const holding = execa("sh", ["-c", holder, "lock", path, String(Math.ceil(waitSeconds)), self], {
    detached: true,
    reject: false,
    buffer: { stdout: false },
  })
  const child = holding.nodeChildProcess
  const held = await Promise.race([once(holding.stdout, "data").then(() => true), holding.then(() => false)])
  if (!held) throw await refusalOf(path, await holding)
  return {
    async release() {
      const heldToTheEnd = child.exitCode === null && child.signalCode === null
      holding.stdin.end()
      await holding
      return heldToTheEnd
    },
  }
}

interface Ended {
  readonly exitCode?: number
  readonly stderr?: string
  readonly cause?: unknown
}

async function refusalOf(path: string, { exitCode, stderr = "", cause }: Ended): Promise<Refusal> {
  const where = { host: "this machine", file: path }
  const meaning = "Nothing was changed."
  if (exitCode === exitWhenBusy) return busy(path)
  if (/flock: (command )?not found/.test(stderr) || errorNumberOf(cause) === "ENOENT") {
    const what = "The program flock is not installed"
    const next = "Install util-linux (Debian, Ubuntu: `apt-get install util-linux`)."
    return new Refusal({ code: "host/program-missing", what, where, meaning, next })
  }
  const what = `The lock ${path} could not be made: ${stderr.trim()}`
  const next = "Run as a user who may write that folder (usually root)."
  return new Refusal({ code: "host/file-not-writable", what, where, meaning, next })
}

async function busy(path: string): Promise<Refusal> {
  const by = (await readFile(path, "utf8").catch(() => "")).trim()
  return new Refusal({
    code: "host/lock-busy",
    what: `Another run is at work: the lock is held${by ? ` by ${by}` : ""}`,
    where: { host: "this machine", file: path },
    meaning: "Nothing was changed by this run.",
    next: "Wait for the other run to end, then run again. A run that was killed lets go of its lock by itself.",
  })
}

function lost(path: string): Refusal {
  return new Refusal({
    code: "host/lock-lost",
    what: "The lock was taken from us while we worked",
    where: { host: "this machine", file: path },
    meaning: "Our work is done, but another run may have worked at the same time.",
    next: "Make sure that no other run is going on, then `pulumi preview` to see where things stand.",
  })
}
