import type { Dialect } from "./dialects.ts"
import { type KeyPath, type PathStep, parseKeyPath, startsWith } from "./key-path.ts"
import { isCollection } from "./locate.ts"
import { isMergeKey } from "./meaning.ts"
import { readTree } from "./read-tree.ts"
import type { Tree, TreeNode } from "./tree.ts"

/**
 * Whether a key stands twice that has nothing to do with the managed ones: their reader takes one of the two, and which
 * of them their owner wants is not for us to say.
 */
export function strangeDuplicates(text: string, dialect: Dialect, paths: readonly string[]): boolean {
  const managed = paths.map(parseKeyPath)
  return duplicatePaths(readTree(text, dialect)).some(
    (path) => !managed.some((key) => startsWith(key, path) || startsWith(path, key)),
  )
}

/** Where a key stands twice. Keys within lists are left out: what identifies such an entry may be what is twice. */
function duplicatePaths({ root, dialect }: Tree): KeyPath[] {
  const within = (node: TreeNode, path: readonly PathStep[]): KeyPath[] => {
    if (!isCollection(node) || node.kind !== "map") return []
    const named = node.entries.filter((entry) => entry.name !== undefined && !isMergeKey(entry, dialect))
    const names = named.map(({ name }) => name as string)
    const twice = [...new Set(names.filter((name, nth) => names.indexOf(name) !== nth))]
    return [
      ...twice.map((name) => [...path, name]),
      ...named.flatMap(({ name, value }) => within(value, [...path, name as string])),
    ]
  }
  return root ? within(root, []) : []
}
