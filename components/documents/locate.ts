import type { KeyPath, PathStep } from "./key-path.ts"
import type { Collection, Entry, Leaf, Tree, TreeNode } from "./tree.ts"

/** How far a path exists in the text. */
export interface Place {
  /** How many of its steps exist; all of them when the key is there. */
  readonly depth: number
  /** The entries gone through, outermost first; `depth` of them. */
  readonly entries: readonly Entry[]
  /** What stands at the last step that exists; unset in an empty document. */
  readonly node: TreeNode | undefined
}

export function locate(tree: Tree, path: KeyPath): Place {
  const entries: Entry[] = []
  let node = tree.root
  for (const step of path) {
    const entry = node && findEntry(node, step)
    if (!entry) break
    entries.push(entry)
    node = entry.value
  }
  return { depth: entries.length, entries, node }
}

/** The entry itself, when all of the path exists. */
export function findAt(tree: Tree, path: KeyPath): Entry | undefined {
  const { depth, entries } = locate(tree, path)
  return path.length > 0 && depth === path.length ? entries.at(-1) : undefined
}

/** The map or list that holds the entry at `path`, when it exists. */
export function containerOf(tree: Tree, path: KeyPath): Collection | undefined {
  const { depth, node } = locate(tree, path.slice(0, -1))
  return depth === path.length - 1 && node && isCollection(node) ? node : undefined
}

export function findEntry(node: TreeNode, step: PathStep): Entry | undefined {
  return isCollection(node) ? node.entries.find((entry) => matches(node, entry, step)) : undefined
}

export function isCollection(node: TreeNode): node is Collection {
  return node.kind === "map" || node.kind === "list"
}

export function matches(collection: Collection, entry: Entry, step: PathStep): boolean {
  if (typeof step === "string") return collection.kind === "map" && entry.name === step
  return collection.kind === "list" && identity(entry, step.by) === step.is
}

/** The text of an entry's identifying key: as written, since `01` is the client 01, whatever number a reader sees. */
function identity(entry: Entry, by: string): string | undefined {
  const value = findEntry(entry.value, by)?.value
  const leaf = value?.kind === "alias" ? value.target : value
  return leaf?.kind === "scalar" ? textOf(leaf) : undefined
}

function textOf(leaf: Leaf): string {
  return typeof leaf.value === "string" ? leaf.value : leaf.source
}

/** What we can hold on to of an entry, to find it again as a neighbour: its key, its identity, or all of its text. */
export function labelOf(text: string, collection: Collection, entry: Entry, step: PathStep): string {
  if (collection.kind === "map") return entry.name ?? entry.key?.source ?? ""
  const known = typeof step === "string" ? undefined : identity(entry, step.by)
  return known ?? text.slice(entry.value.start, entry.value.end)
}

/** The last value within a value: what stands last in the text. */
export function lastLeaf(node: TreeNode): TreeNode {
  const last = isCollection(node) && !node.flow ? node.entries.at(-1) : undefined
  return last ? lastLeaf(last.value) : node
}
