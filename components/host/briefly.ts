import type { Argv } from "./host.ts"

/** A command for people: one line, not too long. */
export function briefly(argv: Argv): string {
  const line = argv.join(" ").replaceAll(/\s+/g, " ")
  return line.length <= 160 ? line : `${line.slice(0, 157)}...`
}
