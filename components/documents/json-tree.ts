import { limits, tooDeep, tooLong, tooMany } from "./limits.ts"
import { type Collection, columnOf, type Entry, type Fault, type Leaf, type Tree, type TreeNode } from "./tree.ts"

/** The text as nodes with ranges, by RFC 8259 and nothing else. Never throws: the first thing wrong is in `faults`. */
export function readJson(text: string): Tree {
  const dialect = "json"
  if (text.length > limits.characters) return { text, dialect, root: undefined, faults: [{ offset: 0, text: tooLong }] }
  const reader = new JsonReader(text)
  try {
    const root = reader.document()
    return { text, dialect, root, faults: [] }
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    return { text, dialect, root: undefined, faults: [{ offset: error.offset, text: error.message }] }
  }
}

class JsonFault extends Error implements Fault {
  readonly offset: number
  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }

  get text(): string {
    return this.message
  }
}

const space = /[\t\n\r ]*/y
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![\w.+-])/y
const word = /(?:true|false|null)(?![\w.+-])/y
/** What needs no look within a string: all but its end, an escape, and control characters. */
const ordinary = /(?:[^"\\\p{Cc}]|[\u007F-\u009F])*/uy
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

class JsonReader {
  private readonly text: string
  private at = 0
  private values = 0

  constructor(text: string) {
    this.text = text
  }

  document(): TreeNode {
    const root = this.value(0)
    this.skip()
    if (this.at < this.text.length) throw this.fault("there is more text behind the end of the JSON")
    return root
  }

  private value(depth: number): TreeNode {
    const start = this.skip()
    if (++this.values > limits.values) throw this.fault(tooMany)
    const first = this.text[start]
    if (first === "{" || first === "[") {
      if (depth >= limits.depth) throw this.fault(tooDeep)
      return this.collection(start, first === "{" ? "map" : "list", depth)
    }
    if (first === '"') return this.string("a value")
    const literal = this.match(number) ?? this.match(word)
    if (literal === undefined) throw this.complaint("a value")
    return this.leaf(start, literal, "plain")
  }

  private collection(start: number, kind: "map" | "list", depth: number): Collection {
    const close = kind === "map" ? "}" : "]"
    const entries: Entry[] = []
    this.at++
    this.skip()
    if (!this.take(close)) {
      this.more(kind === "map" && this.text[this.at] !== '"' ? "a value or }" : "")
      do entries.push(kind === "map" ? this.member(depth) : this.item(depth))
      while (this.skip() >= 0 && this.take(","))
      if (!this.take(close)) throw this.complaint(`a comma or ${close}`)
    }
    const first = entries[0]
    const column = first ? columnOf(this.text, first.start) : 0
    return { ...spotAt(start, this.at), kind, flow: true, entries, column }
  }

  /** The text may end behind an opening brace: then what could stand here is told as a whole. */
  private more(expected: string): void {
    if (expected !== "" && this.at >= this.text.length) throw this.complaint(expected)
  }

  private member(depth: number): Entry {
    this.skip()
    if (this.text[this.at] === "}") throw this.fault("a comma before } is one too many")
    if (/[\d[{,:\]tfn-]/.test(this.text[this.at] ?? "")) throw this.fault("a key in double quotes is expected here")
    const key = this.string("a key in double quotes")
    this.skip()
    if (!this.take(":")) throw this.complaint("a colon")
    const indicatorEnd = this.at
    const value = this.value(depth + 1)
    return { key, keyNode: key, name: String(key.value), start: key.start, indicatorEnd, value, end: value.end }
  }

  private item(depth: number): Entry {
    const value = this.value(depth + 1)
    return { key: undefined, name: undefined, start: value.start, indicatorEnd: value.start, value, end: value.end }
  }

  private string(expected: string): Leaf {
    const start = this.at
    if (this.text[start] !== '"') throw this.complaint(expected)
    this.at++
    this.match(ordinary)
    while (this.match(escapeSequence) !== undefined) this.match(ordinary)
    if (!this.take('"')) {
      this.at = start
      throw this.complaint(expected)
    }
    return this.leaf(start, this.text.slice(start, this.at), "double")
  }

  private leaf(start: number, literal: string, style: "plain" | "double"): Leaf {
    const read = JSON.parse(literal) as string | number | boolean | null
    const isSayable = typeof read !== "number" || Number.isFinite(read)
    const value = isSayable ? read : { $yaml: "float", text: literal }
    const source = typeof read === "string" ? read : literal
    return { ...spotAt(start, this.at), kind: "scalar", value, source, style, keepsBlankLines: false }
  }

  private skip(): number {
    this.match(space)
    return this.at
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false
    this.at++
    return true
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }

  private fault(text: string): JsonFault {
    return new JsonFault(this.at, text)
  }

  private complaint(expected: string): JsonFault {
    const rest = this.text.slice(this.at, this.at + 2)
    if (rest === "") return this.fault(`the text ends where ${expected} is expected`)
    if (rest === "//" || rest === "/*" || rest.startsWith("#")) return this.fault("JSON has no comments")
    if (rest.startsWith("'")) return this.fault("JSON has no single quotes")
    if (rest.startsWith("\uFEFF")) return this.fault("a byte order mark, which many readers of JSON refuse")
    if (rest.startsWith('"'))
      return this.fault("a string that is not closed on its line, or with an escape that JSON does not have")
    return this.fault(`${expected} is expected here`)
  }
}

function spotAt(start: number, end: number) {
  return { start, contentStart: start, end, anchor: undefined, tag: undefined }
}
