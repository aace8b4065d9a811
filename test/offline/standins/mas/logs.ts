export type LogLevel = "INFO" | "WARN" | "ERROR"

/** Where in MAS's source a line comes from, as the real one (1.22.0) prints it: `mas_cli::sync:101`. */
export type LogTarget = string

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

const severity = { ERROR: 0, WARN: 1, INFO: 2 } as const
const colours = { ERROR: "31", WARN: "33", INFO: "32" } as const

/**
 * One line of MAS's log, on stderr: time in UTC with microseconds, level in five columns, target, message, fields.
 * Colours only on a terminal. `RUST_LOG` set to `warn`, `error` or `off` drops what is below; any other value counts as
 * `info`.
 */
export function log(level: LogLevel, target: LogTarget, message: string, fields: LogFields = {}): void {
  if (severity[level] > threshold(process.env.RUST_LOG)) return
  const pairs = Object.entries(fields).filter(([, value]) => value !== undefined)
  const said = [message, ...pairs.map(([key, value]) => `${key}=${value}`)].filter((part) => part !== "")
  process.stderr.write(`${timestamp()} ${painted(level)} ${target} ${said.join(" ")}\n`)
}

function threshold(filter: string | undefined): number {
  if (filter === "off") return -1
  return filter === "warn" || filter === "error" ? severity[filter === "warn" ? "WARN" : "ERROR"] : severity.INFO
}

function timestamp(): string {
  const microseconds = Math.trunc((performance.timeOrigin + performance.now()) * 1000)
  const fraction = String(microseconds % 1_000_000).padStart(6, "0")
  return `${new Date(microseconds / 1000).toISOString().slice(0, 19)}.${fraction}Z`
}

function painted(level: LogLevel): string {
  const padded = level.padStart(5)
  return process.stderr.isTTY ? `\x1b[${colours[level]}m${padded}\x1b[0m` : padded
}
