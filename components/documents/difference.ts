import { structuredPatch } from "diff"
import { Cover, type Secrecy, uncovered } from "./masking.ts"

export interface DifferenceOptions extends Secrecy {
  /** What the document is called in the heading, such as its path. */
  readonly label: string
}

/**
 * What changes between two states of a document, as a unified diff for people; empty when nothing does. No secret is
 * in it: each is shown as `[secret]`, one that changes as a line taken out and a line put in.
 */
export function difference(before: string, after: string, { label, ...secrecy }: DifferenceOptions): string {
  if (before === after) return ""
  const cover = new Cover(secrecy)
  const [old, now] = [cover.over(before), cover.over(after)]
  const heading = [`--- ${label}`, `+++ ${label}`]
  if (old === undefined || now === undefined) {
    return [
      ...heading,
      "(not shown: the document cannot be read, so its secrets cannot be told from the rest)",
      "",
    ].join("\n")
  }
  const { hunks } = structuredPatch(label, label, old, now, undefined, undefined, { context: 3 })
  const lines = hunks.flatMap((hunk) => [headOf(hunk), ...hunk.lines.map(readable)])
  return [...heading, ...lines, ""].join("\n")
}

type Hunk = ReturnType<typeof structuredPatch>["hunks"][number]

function headOf({ oldStart, oldLines, newStart, newLines }: Hunk): string {
  return `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`
}

/** Without what could make a terminal do something. */
function readable(line: string): string {
  return uncovered(line.replace(/\r$/, "")).replace(/(?!\t)\p{Cc}/gu, "\uFFFD")
}
