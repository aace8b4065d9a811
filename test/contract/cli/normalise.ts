/**
 * What may differ between two runs of the same mas-cli, made alike: times, durations, ids it draws, the ports of this
 * run, and the backtrace of a build that has them. Lines of MAS's source too (`mas_cli::sync:101`): they move with every
 * release and are no part of the contract.
 */
export function normalise(text: string, ports: { readonly homeserver?: number; readonly postgres: number }): string {
  return text
    .replace(/\n\nStack backtrace:\n[\s\S]*$/, "\n")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replace(/ in (?:\d+\.\ds|<seconds>)/g, " in <seconds>")
    .replace(/((?:INFO|WARN|ERROR) [a-z0-9_:]+):\d+ /g, "$1 ")
    .replace(/user\.id=[0-9A-Z]{26}/g, "user.id=<ulid>")
    .replaceAll(`127.0.0.1:${ports.homeserver}`, "127.0.0.1:8008")
    .replaceAll(`127.0.0.1:${ports.postgres}`, "127.0.0.1")
    .trimEnd()
}

/** The recorder cut what was longer. */
const recordedLength = 4000

/** Two halves of a log of syn2mas: what comes in a fixed order, and the rebuilding, whose order Postgres decides. */
export function splitRebuilding(text: string): { readonly ordered: string; readonly rebuilt: ReadonlySet<string> } {
  const lines = text.split("\n")
  const isRebuilding = (line: string) => / (?:index|constraint) \S+ rebuilt in /.test(line)
  return {
    ordered: lines.filter((line) => !isRebuilding(line)).join("\n"),
    rebuilt: new Set(lines.filter(isRebuilding)),
  }
}

/** The recorded text without a last line that was cut in the middle. */
export function wholeLines(recorded: string): { readonly text: string; readonly isCut: boolean } {
  const isCut = recorded.length >= recordedLength
  return { text: isCut ? recorded.slice(0, recorded.lastIndexOf("\n") + 1) : recorded, isCut }
}
