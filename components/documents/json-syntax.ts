/** What is wrong at an offset of the text. */
export interface Fault {
  readonly offset: number
  readonly text: string
}

const tokens =
  /[\t\n\r ]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|[\u007F-\u009F]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)(?![\w.+-]))/uy

/** The first place at which a text is no JSON (RFC 8259), told without quoting the text; nothing when it is JSON. */
export function jsonFault(text: string): Fault | undefined {
  const cursor = { text, at: 0 }
  try {
    readJsonValue(cursor)
    const rest = /[\t\n\r ]*/y
    rest.lastIndex = cursor.at
    rest.exec(text)
    if (rest.lastIndex < text.length)
      throw new JsonFault(rest.lastIndex, "there is more text behind the end of the JSON")
    return undefined
  } catch (error) {
    if (error instanceof JsonFault) return { offset: error.offset, text: error.message }
    throw error
  }
}

class JsonFault extends Error {
  readonly offset: number
  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

interface Cursor {
  readonly text: string
  at: number
}

type Token = { readonly kind: string; readonly offset: number }

function next(cursor: Cursor, expected: string): Token {
  tokens.lastIndex = cursor.at
  const match = tokens.exec(cursor.text)
  if (!match) throw new JsonFault(skipSpace(cursor), complaint(cursor, expected))
  cursor.at = tokens.lastIndex
  const kind = match[1] ?? (match[2] === undefined ? "literal" : "string")
  return { kind, offset: cursor.at - match[0].trimStart().length }
}

function skipSpace({ text, at }: Cursor): number {
  return at + (/^[\t\n\r ]*/.exec(text.slice(at))?.[0].length ?? 0)
}

function complaint(cursor: Cursor, expected: string): string {
  const offset = skipSpace(cursor)
  const rest = cursor.text.slice(offset, offset + 2)
  if (rest === "") return `the text ends where ${expected} is expected`
  if (rest === "//" || rest === "/*" || rest.startsWith("#")) return "JSON has no comments"
  if (rest.startsWith("'")) return "JSON has no single quotes"
  if (rest.startsWith("\uFEFF")) return "a byte order mark, which many readers of JSON refuse"
  if (rest.startsWith('"')) return "a string that is not closed on its line, or with an escape that JSON does not have"
  return `${expected} is expected here`
}

function readJsonValue(cursor: Cursor): void {
  const token = next(cursor, "a value")
  if (token.kind === "{") readMembers(cursor, "}", true)
  else if (token.kind === "[") readMembers(cursor, "]", false)
  else if (token.kind !== "literal" && token.kind !== "string")
    throw new JsonFault(token.offset, "a value is expected here")
}

function readMembers(cursor: Cursor, close: string, keyed: boolean): void {
  const start = cursor.at
  if (next(cursor, `a value or ${close}`).kind === close) return
  cursor.at = start
  for (;;) {
    if (keyed) readKey(cursor)
    readJsonValue(cursor)
    const token = next(cursor, `a comma or ${close}`)
    if (token.kind === close) return
    if (token.kind !== ",") throw new JsonFault(token.offset, `a comma or ${close} is expected here`)
  }
}

function readKey(cursor: Cursor): void {
  const key = next(cursor, "a key in double quotes")
  if (key.kind !== "string") {
    throw new JsonFault(
      key.offset,
      key.kind === "}" ? "a comma before } is one too many" : "a key in double quotes is expected here",
    )
  }
  const colon = next(cursor, "a colon")
  if (colon.kind !== ":") throw new JsonFault(colon.offset, "a colon is expected here")
}
