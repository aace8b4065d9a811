import { type Lexeme, lexemes } from "./comments.ts"
import type { Dialect } from "./dialects.ts"
import { limits } from "./limits.ts"
import { type Fault, lineStart } from "./tree.ts"
import { tabInIndentation } from "./yaml-syntax.ts"

/** What the parser takes, but PyYAML and libyaml read in another way or refuse: told by the text alone. */
export function textFaults(text: string, dialect: Exclude<Dialect, "json">): Fault[] {
  const found: Fault[] = []
  for (const match of text.matchAll(/\r(?!\n)|[\u0085\u2028\u2029]/g)) {
    found.push({ offset: match.index, text: "a character that some readers take for a line break, and others do not" })
  }
  if (dialect === "yaml12" && text.startsWith("\uFEFF"))
    found.push({ offset: 0, text: "a byte order mark, after which MAS's reader takes the first line for indented" })
  if (/^\uFEFF[ \t]+[^\s#]/.test(text))
    found.push({ offset: 1, text: "a first line that is indented behind a byte order mark" })
  for (const match of text.matchAll(unprintable)) {
    if (match.index > 0 || match[0] !== "\uFEFF") {
      found.push({ offset: match.index, text: "a control character, which the reader refuses" })
    }
  }
  const end = /^\.\.\.(?=\s|$)/m.exec(text)
  if (end && isBare(text.slice(0, end.index))) {
    found.push({ offset: end.index, text: "the end of a document that has not begun" })
  }
  const isSuspect = /[\t?]|^%|[\s[{,]:[^\s]|:[,[\]{}]/m.test(text)
  return isSuspect && text.length <= limits.characters ? [...found, ...lexemeFaults(text, dialect)] : found
}

const unprintable = /[^\t\n\r -~\u0085\u00A0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]|\uFEFF/gu

/** Whether there is nothing but blank lines and comments. */
function isBare(text: string): boolean {
  return text.split("\n").every((line) => /^\s*(?:#|$)/.test(line))
}

/** Plain texts, and the white space between values, that PyYAML takes less of than the parser. */
function lexemeFaults(text: string, dialect: Dialect): Fault[] {
  const found: Fault[] = []
  let depth = 0
  let isBlock = false
  for (const lexeme of lexemes(text)) {
    const { type } = lexeme
    depth += nesting[type] ?? 0
    const isPlain = type === "scalar" && !isBlock
    if (type === "space" || isPlain) found.push(...tabFaults(lexeme, text, dialect))
    if (isBlock) found.push(...blockTabFaults(lexeme, dialect))
    if (isPlain && depth > 0) found.push(...flowFaults(lexeme, text, dialect))
    if (type === "directive-line") found.push(...directiveFaults(lexeme))
    isBlock = type === "block-scalar-header" || (isBlock && type !== "scalar")
  }
  return found
}

const nesting: Readonly<Record<string, number>> = {
  "flow-map-start": 1,
  "flow-seq-start": 1,
  "flow-map-end": -1,
  "flow-seq-end": -1,
}

/** PyYAML takes tabs only within quotes, comments and block scalars; libyaml not before a line's first value, marks or not. */
function tabFaults({ type, source, start }: Lexeme, text: string, dialect: Dialect): Fault[] {
  const at = source.indexOf("\t")
  if (at === -1) return []
  if (dialect === "yaml11")
    return [{ offset: start + at, text: "a tab between values, which Synapse's reader refuses" }]
  const isFirst = type === "space" && /^[\s?:-]*$/.test(text.slice(lineStart(text, start), start))
  return isFirst ? [{ offset: start + at, text: tabInIndentation }] : []
}

/** libyaml takes no tab where a block's indentation is still to come, nor where it is not known yet (`found a tab character`). */
function blockTabFaults({ type, source, start }: Lexeme, dialect: Dialect): Fault[] {
  if (type !== "scalar" || dialect !== "yaml12") return []
  let indent: number | undefined
  let offset = start
  for (const line of source.split("\n")) {
    const spaces = line.length - line.replace(/^ +/, "").length
    const isContent = spaces < line.length && line[spaces] !== "\r"
    if (isContent && line[spaces] === "\t" && (indent === undefined || spaces < indent))
      return [{ offset: offset + spaces, text: tabInIndentation }]
    if (isContent) indent ??= spaces
    offset += line.length + 1
  }
  return []
}

function directiveFaults({ source, start }: Lexeme): Fault[] {
  const isVersion = /^%YAML 1\.[12]\s*(?:#.*)?$/.test(source)
  return isVersion ? [] : [{ offset: start, text: "a directive that is read by few readers" }]
}

/**
 * Within braces or brackets, PyYAML takes a question mark, and a colon in front, for marks of a key; libyaml takes no
 * colon between a plain text and a bracket.
 */
function flowFaults({ source, start, end }: Lexeme, text: string, dialect: Dialect): Fault[] {
  const at = source.startsWith(":") ? 0 : source.indexOf("?")
  if (at !== -1) return [{ offset: start + at, text: "within braces or brackets this character has to be quoted" }]
  const isTight = dialect === "yaml12" && /^:[,?[\]{}]/.test(text.slice(end, end + 2))
  return isTight ? [{ offset: end, text: "a space is missing behind this colon" }] : []
}
