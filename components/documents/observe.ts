import { type Absent, absent, type JsonValue } from "./json-value.ts"
import type { KeyPath } from "./key-path.ts"
import { findEntry } from "./locate.ts"
import { isMergeKey, meaningOf } from "./meaning.ts"
import type { Tree, TreeNode } from "./tree.ts"

/** The value at a path as the reader sees it: through aliases and merge keys too. */
export function observeTree(tree: Tree, path: KeyPath): JsonValue | Absent {
  let node = tree.root
  for (const step of path) {
    const holder = node && followed(node)
    node = holder && (findEntry(holder, step)?.value ?? merged(holder, step, tree))
  }
  return node ? meaningOf(node, tree.dialect) : absent
}

function followed(node: TreeNode): TreeNode | undefined {
  return node.kind === "alias" ? node.target : node
}

/** What a map takes over from others by `<<`: the last of several counts, and in its list the first. */
function merged(node: TreeNode, step: KeyPath[number], tree: Tree): TreeNode | undefined {
  if (node.kind !== "map") return undefined
  for (const entry of node.entries.toReversed()) {
    if (!isMergeKey(entry, tree.dialect)) continue
    const source = followed(entry.value)
    const maps = source?.kind === "list" ? source.entries.map(({ value }) => followed(value)) : [source]
    for (const map of maps) {
      const found = map && (findEntry(map, step)?.value ?? merged(map, step, tree))
      if (found) return found
    }
  }
  return undefined
}
