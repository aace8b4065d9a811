import { visible, visibleJson } from "./visible.ts"

/** What commands print: nothing else writes to standard output and standard error, so that all of it is visible. */
export function print(text: string): void {
  process.stdout.write(`${visible(text)}\n`)
}

export function printJson(value: unknown): void {
  process.stdout.write(`${visibleJson(value, 2)}\n`)
}

/** A line on standard error: progress, an error. */
export function printAside(line: string): void {
  process.stderr.write(`${visible(line)}\n`)
}

/**
 * Ends the program with this code where standard output did not take what was printed (a full disk, a reader that is gone),
 * and says so on standard error, in place of a stack trace. Called once, before anything is printed.
 */
export function endUnheardWith(exitCode: number): void {
  let isUnheard = false
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (!isUnheard) printAside(`What was to be printed could not be written to standard output (${error.code}).`)
    isUnheard = true
  })
  // Nobody can be told of it there, and progress is no result.
  process.stderr.on("error", () => {})
  process.once("exit", () => {
    if (isUnheard) process.exitCode = exitCode
  })
}
