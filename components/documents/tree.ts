import type { Dialect } from "./dialects.ts"
import type { JsonValue } from "./json-value.ts"

/** What is wrong at an offset of the text. Never quotes a value: it may be a secret. */
export interface Fault {
  readonly offset: number
  readonly text: string
}

/** A value in the text. All offsets count UTF-16 code units from the start of the text, ends are exclusive. */
export type TreeNode = Collection | Leaf | Reference

export interface Spot {
  /** Where the value begins: at its anchor or tag, if it has one. */
  readonly start: number
  /** Where it begins behind anchor and tag. */
  readonly contentStart: number
  /** Where its last visible character ends: no comment, no line break. */
  readonly end: number
  readonly anchor: string | undefined
  /** As it is written: `!!str`. */
  readonly tag: string | undefined
}

export interface Collection extends Spot {
  readonly kind: "map" | "list"
  readonly flow: boolean
  /** The column at which block entries begin. */
  readonly column: number
  readonly entries: readonly Entry[]
}

export interface Leaf extends Spot {
  readonly kind: "scalar"
  readonly value: JsonValue
  /** The scalar's own text as the parser unfolded it. */
  readonly source: string
  readonly style: "plain" | "single" | "double" | "block" | "empty"
  /** A block scalar that counts the blank lines after it as its own (`|+`). */
  readonly keepsBlankLines: boolean
}

export interface Reference extends Spot {
  readonly kind: "alias"
  readonly name: string
  /** What it stands for; unset where the anchor does not come before it. */
  readonly target: TreeNode | undefined
}

export interface Entry {
  /** Key and value of a map; value alone of a list. Unset where the key is no single value. */
  readonly key: Leaf | undefined
  /** The key of a map whatever it is; unset in a list. */
  readonly keyNode?: TreeNode
  /** The key, where it is a string; any other key cannot be managed. */
  readonly name: string | undefined
  /** First character: of the key, its anchor, its `?`, or of the dash. */
  readonly start: number
  /** Behind the colon or dash; in a flow list, where the value begins. Unset where the colon is missing (`{a}`). */
  readonly indicatorEnd: number | undefined
  readonly value: TreeNode
  readonly end: number
}

export interface Tree {
  readonly text: string
  readonly dialect: Dialect
  /** Unset when there is nothing but comments. With faults in the text, as far as the parser came. */
  readonly root: TreeNode | undefined
  /** Why the text as it is has no meaning to us: errors of syntax, limits that are passed. */
  readonly faults: readonly Fault[]
}

/** Where the line begins; a byte order mark is before the first one. */
export function lineStart(text: string, offset: number): number {
  const start = offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1
  return start === 0 && text.startsWith("\uFEFF") ? 1 : start
}

/** Where the line ends, before its line break. */
export function lineEnd(text: string, offset: number): number {
  const at = text.indexOf("\n", offset)
  if (at === -1) return text.length
  return at > offset && text[at - 1] === "\r" ? at - 1 : at
}

/** Columns count from 0; a byte order mark takes none. */
export function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset)
}
