import { diffLines } from "diff"

/** The lines that one text has and the other lacks, in order. */
export function changedLines(before: string, after: string) {
  const parts = diffLines(before, after)
  const linesOf = (kind: "added" | "removed") =>
    parts.filter((part) => part[kind]).flatMap(({ value }) => value.replace(/\n$/, "").split("\n"))
  return { added: linesOf("added"), removed: linesOf("removed") }
}
