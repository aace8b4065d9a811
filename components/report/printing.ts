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
