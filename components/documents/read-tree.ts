import type { Dialect } from "./dialects.ts"
import { readJson } from "./json-tree.ts"
import type { Tree } from "./tree.ts"
import { readYaml } from "./yaml-tree.ts"

/** The text as nodes with ranges. Never throws: what is wrong with the text is in `faults`. */
export function readTree(text: string, dialect: Dialect): Tree {
  return dialect === "json" ? readJson(text) : readYaml(text, dialect)
}
