import type { FileHandle } from "node:fs/promises"
import { constants } from "node:os"
import { execa } from "execa"
import { Refusal } from "../report/refusal.ts"
import { briefly } from "./briefly.ts"
import { errorNumberOf, refuseReading, refuseWriting } from "./file-refusals.ts"
import type { Argv, ExecOptions, Finished } from "./host.ts"
import { openForOutput } from "./local-writes.ts"
import { openPlain, pathOf, reach } from "./safe-path.ts"

const host = "this machine"
const graceSeconds = 5
const mostOutput = 64 * 1024 * 1024

export async function execLocally(argv: Argv, options: ExecOptions = {}): Promise<Finished> {
  const { stdinFile, stdoutFile } = options
  await using files = new AsyncDisposableStack()
  const from = stdinFile === undefined ? undefined : files.use(await openForInput(stdinFile))
  const to = stdoutFile === undefined ? undefined : files.use(await openForOutput(stdoutFile))
  return await execWith(argv, options, { from, to })
}

/** What was opened before anything runs: the program gets just that, whatever becomes of its name. */
interface OpenedFiles {
  readonly from: FileHandle | undefined
  readonly to: FileHandle | undefined
}

async function execWith(argv: Argv, options: ExecOptions, { from, to }: OpenedFiles): Promise<Finished> {
  const { timeoutSeconds = 60 } = options
  const [program, ...rest] = argv
  const child = execa(program, rest, {
    reject: false,
    stripFinalNewline: false,
    maxBuffer: mostOutput,
    timeout: timeoutSeconds * 1000,
    forceKillAfterDelay: graceSeconds * 1000,
    // Also what the program has started and what holds its streams.
    killDescendants: true,
    stdout: to === undefined ? "pipe" : { file: pathOf(to) },
    buffer: { stdout: to === undefined },
    ...inputOf(options, from),
  })
  const result = await orGiveUp(child, timeoutSeconds + graceSeconds + 1)
  if (!result || result.timedOut) {
    // What did not heed the first signal although the program itself did; and a daemon's hold on the output.
    child.kill("SIGKILL")
    for (const stream of [child.stdout, child.stderr]) stream?.destroy()
    throw timedOut(argv, timeoutSeconds)
  }
  if (result.isMaxBuffer) throw saidTooMuch(argv)
  return { exitCode: exitCodeOf(argv, result, options), stdout: result.stdout ?? "", stderr: result.stderr }
}

/** A daemon that left the program's group but kept its output would be waited for without end. */
async function orGiveUp<T>(work: PromiseLike<T>, limitSeconds: number): Promise<T | undefined> {
  const { promise: over, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), limitSeconds * 1000)
  try {
    return await Promise.race([work, over])
  } finally {
    clearTimeout(timer)
  }
}

function inputOf({ stdin }: ExecOptions, from: FileHandle | undefined) {
  if (from !== undefined) return { stdin: { file: pathOf(from) } }
  return stdin === undefined ? ({ stdin: "ignore" } as const) : { input: stdin }
}

async function openForInput(path: string): Promise<FileHandle> {
  try {
    await using spot = await reach(path, { followLast: true })
    return (await openPlain(spot)).handle
  } catch (cause) {
    throw refuseReading(cause, { host, file: path })
  }
}

interface Ended {
  readonly exitCode?: number | undefined
  readonly signal?: NodeJS.Signals | undefined
  readonly shortMessage?: string | undefined
  readonly cause?: unknown
}

/** A program ended by a signal counts as 128 + the signal's number, as in a shell. */
function exitCodeOf(argv: Argv, { exitCode, signal, shortMessage, cause }: Ended, { stdoutFile }: ExecOptions): number {
  const errorNumber = errorNumberOf(cause)
  if (errorNumber === "ENOSPC" && stdoutFile !== undefined) throw refuseWriting(cause, { host, file: stdoutFile })
  if (exitCode !== undefined) return exitCode
  if (signal !== undefined) return 128 + constants.signals[signal]
  const where = { host }
  const meaning = "It did not run, and so it changed nothing."
  if (errorNumber === "ENOENT") {
    const what = `The program ${argv[0]} is not installed`
    throw new Refusal({
      code: "host/program-missing",
      what,
      where,
      meaning,
      next: "Install it, or name another.",
      cause,
    })
  }
  const what = `The program ${argv[0]} could not be run (${errorNumber ?? shortMessage})`
  const next = "Check that it may be run by this user."
  throw new Refusal({ code: "host/command-failed", what, where, meaning, next, cause })
}

function timedOut(argv: Argv, limitSeconds: number): Refusal {
  return new Refusal({
    code: "host/command-timed-out",
    what: `\`${briefly(argv)}\` was ended, since it took longer than ${limitSeconds} s`,
    where: { host },
    meaning: "It may have done a part of its work.",
    next: "Look at why it takes so long (its logs, the load of the machine), then run again.",
  })
}

function saidTooMuch(argv: Argv): Refusal {
  return new Refusal({
    code: "host/command-failed",
    what: `\`${briefly(argv)}\` was ended, since it printed more than ${mostOutput / 1024 / 1024} MiB`,
    where: { host },
    meaning: "It may have done a part of its work.",
    next: "Look at what it prints when run by hand.",
  })
}
