import type { ErrorCode } from "yaml"
import { lexemes } from "./comments.ts"
import type { Dialect } from "./dialects.ts"
import { type Fault, jsonFault } from "./json-syntax.ts"
import { parseKeyPath } from "./key-path.ts"
import { isCollection } from "./locate.ts"
import { isMergeKey } from "./meaning.ts"
import { pathFaults } from "./path-problems.ts"
import { readTree } from "./read-tree.ts"
import { lineStart, type Tree, type TreeNode } from "./tree.ts"

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
  const { text, dialect } = tree
  const found = dialect === "json" ? jsonFaults(tree) : [...syntaxFaults(tree), ...readerFaults(text, dialect)]
  if (tree.root) {
    found.push(...duplicates(tree.root, tree), ...(found.length === 0 ? rootFaults(tree.root) : []))
  }
  return found.length > 0 ? placed(text, found) : problemsOnTheWay(tree, paths)
}

/** What lies in the way of managed keys, in a document that is sound. */
export function problemsOnTheWay(tree: Tree, paths: readonly string[]): Problem[] {
  return placed(
    tree.text,
    paths.flatMap((path) => pathFaults(tree, parseKeyPath(path))),
  )
}

function placed(text: string, found: readonly Fault[]): Problem[] {
  const seen = new Map(found.map((fault) => [`${fault.offset} ${fault.text}`, fault]))
  return [...seen.values()].sort((a, b) => a.offset - b.offset).map((fault) => place(text, fault))
}

export function positionOf(text: string, offset: number): { line: number; column: number } {
  const start = lineStart(text, offset)
  return { line: text.slice(0, offset).split("\n").length, column: Math.max(offset - start, 0) + 1 }
}

function place(text: string, fault: Fault): Problem {
  return { ...positionOf(text, fault.offset), text: fault.text }
}

function jsonFaults({ text, faults }: Tree): Fault[] {
  const fault = jsonFault(text)
  if (fault) return [fault]
  return faults.map(({ pos: [offset] }) => ({ offset, text: "this is JSON, but not as we can edit it" }))
}

function syntaxFaults({ documents, faults }: Tree): Fault[] {
  const found = faults
    .filter(({ code }) => code !== "MULTIPLE_DOCS")
    .map(({ code, pos: [offset] }) => ({ offset, text: sentences[code] ?? "this is not YAML" }))
  const second = documents[1]
  if (second) found.push({ offset: second.range[0], text: "a second document begins here: only one is read" })
  return found
}

/** In our words: the parser's own may quote the text, and with it a secret. */
const sentences: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: "an alias cannot have an anchor or tag of its own",
  BAD_ALIAS: "an alias without an anchor of that name before it",
  BAD_COLLECTION_TYPE: "the tag does not fit the value",
  BAD_DIRECTIVE: "a directive that YAML does not have",
  BAD_DQ_ESCAPE: "an escape that double quotes do not have; single quotes take a backslash as it is",
  BAD_INDENT: "the indentation fits none of the lines above",
  BAD_PROP_ORDER: "anchor and tag stand before the dash, ? or :, where they cannot",
  BAD_SCALAR_START: "a value cannot begin with this character: quote it",
  BLOCK_AS_IMPLICIT_KEY:
    "a map or list begins on a line where it cannot: is there a colon too many, or a quote missing?",
  BLOCK_IN_FLOW: "within braces or brackets there can be no indented map or list",
  KEY_OVER_1024_CHARS: "a key longer than 1024 characters: is a colon missing?",
  MISSING_CHAR: "a character is missing here: a closing quote, bracket or brace, a comma, a colon, or a space",
  MULTILINE_IMPLICIT_KEY: "a key goes over more than one line: is a colon or a closing quote missing?",
  MULTIPLE_ANCHORS: "a value has two anchors",
  MULTIPLE_TAGS: "a value has two tags",
  TAB_AS_INDENT: "a tab in the indentation, where YAML takes only spaces",
  UNEXPECTED_TOKEN: "this cannot stand here",
}

/** What the parser takes, but PyYAML and libyaml read in another way or refuse. */
function readerFaults(text: string, dialect: Dialect): Fault[] {
  const found: Fault[] = []
  for (const match of text.matchAll(/\r(?!\n)|[\u0085\u2028\u2029]/g)) {
    found.push({ offset: match.index, text: "a character that some readers take for a line break, and others do not" })
  }
  for (const match of text.matchAll(unprintable)) {
    if (match.index > 0 || match[0] !== "\uFEFF") {
      found.push({ offset: match.index, text: "a control character, which the reader refuses" })
    }
  }
  const end = /^\.\.\.(?=\s|$)/m.exec(text)
  if (end && /^(?:\s|#.*)*$/.test(text.slice(0, end.index))) {
    found.push({ offset: end.index, text: "the end of a document that has not begun" })
  }
  return dialect === "yaml11" ? [...found, ...tabs(text)] : found
}

const unprintable = /[^\t\n\r -~\u0085\u00A0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]|\uFEFF/gu

/** PyYAML takes tabs only within quotes, comments and block scalars. */
function tabs(text: string): Fault[] {
  if (!text.includes("\t")) return []
  return lexemes(text).flatMap(({ type, source, start }) => {
    const isPlain = type === "scalar" && /^[^|>]/.test(source) && !source.includes("\n")
    const at = type === "space" || isPlain ? source.indexOf("\t") : -1
    return at === -1 ? [] : [{ offset: start + at, text: "a tab between values, which Synapse's reader refuses" }]
  })
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

function duplicates(node: TreeNode, tree: Tree): Fault[] {
  if (!isCollection(node)) return []
  const found: Fault[] = []
  const first = new Map<string, number>()
  for (const entry of node.entries) {
    found.push(...duplicates(entry.value, tree))
    if (!entry.key || isMergeKey(entry, tree.dialect)) continue
    const key = JSON.stringify(entry.key.value)
    const earlier = first.get(key)
    if (earlier === undefined) first.set(key, entry.start)
    else {
      const { line } = positionOf(tree.text, earlier)
      found.push({ offset: entry.start, text: `the key ${key} is given twice, first on line ${line}` })
    }
  }
  return found
}
