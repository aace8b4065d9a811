import type { Dialect } from "./dialects.ts"
import { parseKeyPath } from "./key-path.ts"
import { limits } from "./limits.ts"
import { Lines } from "./lines.ts"
import { pathFaults } from "./path-problems.ts"
import { readTree } from "./read-tree.ts"
import { textFaults } from "./text-faults.ts"
import type { Fault, Tree, TreeNode } from "./tree.ts"
import { valueFaults } from "./value-faults.ts"

/** Something that makes a document unusable for us or for its reader. Never quotes a value: it may be a secret. */
export interface Problem {
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 code units. */
  readonly column: number
  /** A sentence without its full stop. */
  readonly text: string
}

/** Thrown where a document is used in spite of its problems; ask `problems` first. */
export class UnusableDocument extends Error {
  override readonly name = "UnusableDocument"
  readonly problems: readonly Problem[]

  constructor(found: readonly Problem[]) {
    super(found.map(({ line, column, text }) => `line ${line}, column ${column}: ${text}`).join("; "))
    this.problems = found
  }
}

/**
 * All that makes a document unusable, in the order of the text: syntax errors, keys given twice, a root that is no
 * map, several documents, characters that the reader takes for something else; and, for the managed keys in `paths`,
 * what lies in their way (an alias, an anchor that others use, a value that has no keys).
 */
export function problems(text: string, dialect: Dialect, paths: readonly string[] = []): Problem[] {
  const tree = readTree(text, dialect)
  return problemsOf(tree, paths)
}

export function problemsOf(tree: Tree, paths: readonly string[]): Problem[] {
  const found = soundness.get(tree) ?? placed(tree.text, faultsOf(tree))
  soundness.set(tree, found)
  return found.length > 0 ? found : problemsOnTheWay(tree, paths)
}

/** Whether the syntax is right, whatever the document says. */
export function isReadable(tree: Tree): boolean {
  return syntaxFaults(tree).length === 0
}

/** What is known of a tree, since a plan asks again and again. */
const soundness = new WeakMap<Tree, Problem[]>()

function faultsOf(tree: Tree): Fault[] {
  const { root } = tree
  return [...syntaxFaults(tree), ...(root ? [...rootFaults(root), ...valueFaults(tree)] : [])]
}

function syntaxFaults({ text, dialect, faults }: Tree): Fault[] {
  return dialect === "json" ? [...faults] : [...faults, ...textFaults(text, dialect)]
}

/** What lies in the way of managed keys, in a document that is sound. */
export function problemsOnTheWay(tree: Tree, paths: readonly string[]): Problem[] {
  return placed(
    tree.text,
    paths.flatMap((path) => pathFaults(tree, parseKeyPath(path))),
  )
}

/** In the order of the text, and no more of them than people read. */
function placed(text: string, found: readonly Fault[]): Problem[] {
  if (found.length === 0) return []
  const sorted = [...new Map(found.map((fault) => [`${fault.offset} ${fault.text}`, fault])).values()]
  sorted.sort((a, b) => a.offset - b.offset)
  const lines = new Lines(text)
  const told = sorted.slice(0, limits.problems).map((fault) => ({ ...lines.at(fault.offset), text: fault.text }))
  const next = sorted[limits.problems]
  if (next) told.push({ ...lines.at(next.offset), text: `and ${sorted.length - limits.problems} more from here on` })
  return told
}

export function positionOf(text: string, offset: number): { line: number; column: number } {
  return new Lines(text).at(offset)
}

function rootFaults(root: TreeNode): Fault[] {
  if (root.kind === "map") return []
  return [
    {
      offset: root.start,
      text: `the document is no map of keys, but ${root.kind === "list" ? "a list" : "a single value"}`,
    },
  ]
}
