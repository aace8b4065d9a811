import { quoted } from "../report/quoted.ts"
/**
 * What mas-cli says of an error, without its backtrace, times and log lines. mas-cli logs to stderr and ends an error
 * with `Error: …`, then `Caused by:`; with RUST_BACKTRACE a `Stack backtrace:` block follows (seen with MAS 1.22.0).
 */
export function masError(stderr: string, secrets: Iterable<string> = []): string {
  const [text = ""] = quoted(stderr, secrets).split(/\n\s*Stack backtrace:/)
  const begin = [...text.matchAll(/^Error: /gm)].at(-1)
  if (begin) return text.slice(begin.index + "Error: ".length).trim()
  const logged = text.split("\n").flatMap((line) => /^\S+ +ERROR \S+ (.*)$/.exec(line)?.[1] ?? [])
  return (logged.at(-1) ?? text.trim()) || "it said nothing"
}

/** The lines of MAS's log that tell of an error: `<time> ERROR <target> <message>`, panics included. */
export function errorLines(log: string): string[] {
  return quoted(log)
    .split("\n")
    .filter((line) => /^\S+ +ERROR /.test(line) || /panicked at/.test(line))
}
