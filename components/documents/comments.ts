import { CST, Lexer } from "yaml"

/** A stretch of the text that the lexer takes for one thing. */
export interface Lexeme {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly source: string
}

/** The text cut into lexemes; between a scalar's and the rest there is no difference in order or coverage. */
export function lexemes(text: string): Lexeme[] {
  const found: Lexeme[] = []
  let at = 0
  let scalar = false
  for (const source of new Lexer().lex(text)) {
    const type = scalar ? "scalar" : (CST.tokenType(source) ?? "error")
    scalar = source === CST.SCALAR
    if (source === CST.SCALAR || source === CST.DOCUMENT || source === CST.FLOW_END) continue
    found.push({ type, start: at, end: at + source.length, source })
    at += source.length
  }
  return found
}

/** The comments that lie within a stretch of the text. */
export function commentsWithin(text: string, start: number, end: number): string[] {
  if (!text.slice(start, end).includes("#")) return []
  return lexemes(text)
    .filter((lexeme) => lexeme.type === "comment" && lexeme.start >= start && lexeme.end <= end)
    .map(({ source }) => source)
}
