import { open } from "node:fs/promises"
import { constants } from "node:os"
import { execa } from "execa"
import { Refusal } from "../report/refusal.ts"
import { briefly } from "./briefly.ts"
import { errorNumberOf, refuseReading, refuseWriting } from "./file-refusals.ts"
import type { Argv, ExecOptions, Finished } from "./host.ts"

const host = "this machine"
const graceSeconds = 5
const mostOutput = 64 * 1024 * 1024

export async function execLocally(argv: Argv, options: ExecOptions = {}): Promise<Finished> {
  const { stdinFile, stdoutFile, timeoutSeconds = 60 } = options
  if (stdinFile !== undefined) await openOr(refuseReading, stdinFile, "r")
  if (stdoutFile !== undefined) await openOr(refuseWriting, stdoutFile, "w")
  const [program, ...rest] = argv
  const child = execa(program, rest, {
    reject: false,
    stripFinalNewline: false,
    maxBuffer: mostOutput,
    timeout: timeoutSeconds * 1000,
    forceKillAfterDelay: graceSeconds * 1000,
    // Also what the program has started and what holds its streams.
    killDescendants: true,
    stdout: stdoutFile === undefined ? "pipe" : { file: stdoutFile },
    buffer: { stdout: stdoutFile === undefined },
    ...inputOf(options),
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

function inputOf({ stdin, stdinFile }: ExecOptions) {
  if (stdinFile !== undefined) return { stdin: { file: stdinFile } }
  return stdin === undefined ? ({ stdin: "ignore" } as const) : { input: stdin }
}

/** Opens and closes it before anything runs; a file that is made is for its owner only. */
async function openOr(refuse: typeof refuseReading, path: string, flags: "r" | "w"): Promise<void> {
  try {
    await (await open(path, flags, 0o600)).close()
  } catch (cause) {
    throw refuse(cause, { host, file: path })
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
