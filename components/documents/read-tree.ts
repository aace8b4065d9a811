import type { Dialect } from "./dialects.ts"
import { readJson } from "./json-tree.ts"
import type { Tree } from "./tree.ts"
import { readYaml } from "./yaml-tree.ts"

/**
 * The text as nodes with ranges. Never throws: what is wrong with the text is in `faults`. A plan reads the same few
 * texts again and again, so that the last ones stay known; nothing changes a tree.
 */
export function readTree(text: string, dialect: Dialect): Tree {
  const at = known.findIndex((tree) => tree.dialect === dialect && tree.text === text)
  const tree = known[at] ?? (dialect === "json" ? readJson(text) : readYaml(text, dialect))
  if (at !== -1) known.splice(at, 1)
  known.unshift(tree)
  known.length = Math.min(known.length, 6)
  return tree
}

const known: Tree[] = []
