import type { Dialect } from "./dialects.ts"
import { isCollection } from "./locate.ts"
import { type Collection, lineStart, type Tree, type TreeNode } from "./tree.ts"

/** How the document is written, so that what we add looks like its neighbours. */
export interface Layout {
  readonly dialect: Dialect
  readonly lineBreak: "\n" | "\r\n"
  /** Columns by which a map within a map is indented. */
  readonly mapStep: number
  /** Columns by which a list within a map is indented; 0 where its dashes stand under the key. */
  readonly listStep: number
  readonly quote: "single" | "double"
  /** What stands behind a comma and a colon within braces that are on one line. */
  readonly gap: string
  /** One step of indentation within braces; unset where they are written on one line. */
  readonly unit: string | undefined
}

export function layoutOf(tree: Tree): Layout {
  const seen = { maps: [] as number[], lists: [] as number[], single: 0, double: 0 }
  if (tree.root) look(tree.root, seen)
  return {
    dialect: tree.dialect,
    lineBreak: /\r?\n/.exec(tree.text)?.[0] === "\r\n" ? "\r\n" : "\n",
    mapStep: seen.maps[0] ?? 2,
    listStep: seen.lists[0] ?? 2,
    quote: tree.dialect !== "json" && seen.single > seen.double ? "single" : "double",
    ...braces(tree),
  }
}

interface Seen {
  readonly maps: number[]
  readonly lists: number[]
  single: number
  double: number
}

function look(node: TreeNode, seen: Seen): void {
  if (node.kind === "scalar" && node.style === "single") seen.single++
  if (node.kind === "scalar" && node.style === "double") seen.double++
  if (!isCollection(node)) return
  for (const { value } of node.entries) {
    if (node.kind === "map" && isCollection(value) && !node.flow && !value.flow) {
      const steps = value.kind === "map" ? seen.maps : seen.lists
      steps.push(value.column - node.column)
    }
    look(value, seen)
  }
}

/** JSON may be minified, spaced or spread over lines; the braces within our YAML are on one line. */
function braces({ text, dialect, root }: Tree): Pick<Layout, "gap" | "unit"> {
  if (dialect !== "json" || !root || !isCollection(root)) return { gap: " ", unit: undefined }
  const first = root.entries[0]
  if (!first) return { gap: " ", unit: text.includes("\n", root.start) ? "  " : undefined }
  const gap = /^\s/.test(text.slice(first.indicatorEnd ?? first.end)) ? " " : ""
  return { gap, unit: isSpread(text, root) ? indentAt(text, first.start) || "  " : undefined }
}

/** Whether the entries of a collection in braces stand on lines of their own. */
export function isSpread(text: string, { contentStart, entries }: Collection): boolean {
  return text.slice(contentStart, entries[0]?.start ?? contentStart).includes("\n")
}

/** The white space with which the line begins. */
export function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? ""
}
