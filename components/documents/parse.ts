import type { Dialect } from "./dialects.ts"
import type { JsonValue } from "./json-value.ts"
import { meaningOf } from "./meaning.ts"
import { problemsOf, UnusableDocument } from "./problems.ts"
import { readTree } from "./read-tree.ts"

/**
 * The whole document as its reader sees it; an empty one is an empty map. What JSON cannot say (a date of YAML 1.1, an
 * infinity) is a map of `$yaml` and `text`.
 * @throws {UnusableDocument}
 */
export function parseDocument(text: string, dialect: Dialect): JsonValue {
  const tree = readTree(text, dialect)
  const found = problemsOf(tree, [])
  if (found.length > 0) throw new UnusableDocument(found)
  return tree.root ? meaningOf(tree.root, dialect) : {}
}
