import type { KeyPath, PathStep } from "./key-path.ts"
import { isCollection, matches } from "./locate.ts"
import type { Collection, Entry, Tree, TreeNode } from "./tree.ts"

/**
 * All that is in the document but the managed keys, as text to compare: order, anchors and tags count, formatting does
 * not. Maps and lists that hold nothing but managed keys are left out, since they come and go with them.
 */
export function foreignContent(tree: Tree, paths: readonly KeyPath[]): string {
  return (tree.root && content(tree.root, paths)) ?? ""
}

function content(node: TreeNode, paths: readonly KeyPath[]): string | undefined {
  if (paths.some((path) => path.length === 0)) return undefined
  const marks = `${node.anchor ? `&${node.anchor} ` : ""}${node.tag ? `!${node.tag} ` : ""}`
  if (node.kind === "alias") return `${marks}*${node.name}`
  if (node.kind === "scalar") {
    return node.value === null && paths.length > 0 ? undefined : `${marks}${JSON.stringify(node.value)}`
  }
  const parts = node.entries.flatMap((entry) => entryContent(node, entry, paths) ?? [])
  const nothingElse = paths.length > 0 && parts.length === 0
  return nothingElse ? undefined : `${marks}${node.kind}(${parts.join(", ")})`
}

function entryContent(collection: Collection, entry: Entry, paths: readonly KeyPath[]): string | undefined {
  const through = paths.filter(([step]) => step !== undefined && matches(collection, entry, step))
  const below = through.map((path) => path.slice(1))
  const value = content(entry.value, below)
  if (value === undefined) return undefined
  const step = through[0]?.[0]
  if (step && typeof step !== "string" && below.length > 0 && holdsOnlyIdentity(entry, step, below)) return undefined
  return entry.key ? `${JSON.stringify(entry.key.value)}: ${value}` : value
}

/** Whether a list entry has nothing but its identity and managed keys. */
function holdsOnlyIdentity({ value }: Entry, step: Exclude<PathStep, string>, paths: readonly KeyPath[]): boolean {
  if (!isCollection(value)) return false
  return value.entries.every((entry) => entry.name === step.by || entryContent(value, entry, paths) === undefined)
}
