import ts from "typescript"
import { lineOf } from "./lines.ts"
import type { Source } from "./source-files.ts"

/** How many lines hold nothing but a comment, or a part of one. */
export function countCommentLines(source: Source): number {
  const lines = new Set<number>()
  for (const { pos, end } of commentsOf(source)) {
    const isAlone = source.text.slice(source.text.lastIndexOf("\n", pos - 1) + 1, pos).trim() === ""
    const [first, last] = [lineOf(source, pos), lineOf(source, end)]
    for (let line = isAlone ? first : first + 1; line <= last; line += 1) lines.add(line)
  }
  return lines.size
}

/** Found around tokens, since only the parser knows that `//` in a text or in a template is none. */
function commentsOf(source: Source): readonly ts.CommentRange[] {
  const found = new Map<number, ts.CommentRange>()
  const visit = (node: ts.Node) => {
    const children = node.getChildren(source)
    if (children.length > 0) return children.forEach(visit)
    const around = [
      ...(ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(source.text, node.getEnd()) ?? []),
    ]
    for (const range of around) found.set(range.pos, range)
  }
  visit(source)
  return [...found.values()]
}
