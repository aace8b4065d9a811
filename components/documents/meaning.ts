import type { Dialect } from "./dialects.ts"
import type { JsonValue } from "./json-value.ts"
import type { Entry, TreeNode } from "./tree.ts"

/** The value as the reader sees it, aliases and (YAML 1.1) merge keys followed. */
export function meaningOf(node: TreeNode, dialect: Dialect): JsonValue {
  return readValue(node, dialect, [])
}

function readValue(node: TreeNode, dialect: Dialect, above: readonly TreeNode[]): JsonValue {
  if (node.kind === "scalar") return node.value
  if (node.kind === "alias") {
    if (!node.target || above.includes(node.target)) return { $yaml: "alias", text: node.name }
    return readValue(node.target, dialect, above)
  }
  const path = [...above, node]
  if (node.kind === "list") return node.entries.map(({ value }) => readValue(value, dialect, path))
  const own = new Map<string, JsonValue>()
  const merged = new Map<string, JsonValue>()
  for (const entry of node.entries) {
    const value = readValue(entry.value, dialect, path)
    if (isMergeKey(entry, dialect)) addMerged(merged, value)
    else own.set(entry.name ?? unnamedKey(entry), value)
  }
  return Object.fromEntries([...merged, ...own])
}

export function isMergeKey(entry: Entry, dialect: Dialect): boolean {
  return dialect === "yaml11" && entry.key?.source === "<<" && entry.key.style === "plain" && !entry.key.tag
}

/** In a list of maps the earlier one wins; of two merge keys in one map the later one. */
function addMerged(merged: Map<string, JsonValue>, value: JsonValue): void {
  const maps = Array.isArray(value) ? value.toReversed() : [value]
  for (const map of maps) {
    for (const [key, inner] of Object.entries((map ?? {}) as Record<string, JsonValue>)) merged.set(key, inner)
  }
}

/** A name for a key that is no string, so that two of them are told apart: `1` and `"1"` are two keys. */
function unnamedKey(entry: Entry): string {
  return entry.key ? `(${JSON.stringify(entry.key.value)})` : `(key at ${entry.start})`
}
