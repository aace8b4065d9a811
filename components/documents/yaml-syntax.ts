import { Composer, type CST, type Document, type ErrorCode, Lexer, Parser } from "yaml"
import type { Dialect } from "./dialects.ts"
import { limits, tooDeep, tooLong, tooMany } from "./limits.ts"
import type { Fault } from "./tree.ts"

/** What the library makes of a text: documents with ranges, and what is wrong with them, in our words. */
export interface Syntax {
  readonly documents: readonly Document.Parsed[]
  readonly faults: readonly Fault[]
}

/** Never throws, and takes a time that grows with the text and no faster: what passes our limits is not read at all. */
export function readSyntax(text: string, dialect: Exclude<Dialect, "json">): Syntax {
  if (text.length > limits.characters) return { documents: [], faults: [{ offset: 0, text: tooLong }] }
  const read = tokensOf(text)
  if (!Array.isArray(read)) return { documents: [], faults: [read] }
  const composer = new Composer({
    version: dialect === "yaml11" ? "1.1" : "1.2",
    schema: "failsafe",
    keepSourceTokens: true,
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    logLevel: "silent",
  })
  const documents = [...composer.compose(read)] as Document.Parsed[]
  const faults = documents.flatMap(({ errors }) => errors)
  const second = documents[1]
  return {
    documents,
    faults: [
      ...faults.map(({ code, pos: [offset] }) => ({ offset, text: sentences[code] ?? "this is not YAML" })),
      ...(second ? [{ offset: second.range[0], text: "a second document begins here: only one is read" }] : []),
    ],
  }
}

/** The library's own recursion comes later: depth and number are looked at while there is none. */
function tokensOf(text: string): CST.Token[] | Fault {
  const parser = new Parser()
  const tokens: CST.Token[] = []
  let [at, values, deepest] = [0, 0, 0]
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme))
    if (lexeme === scalar) {
      if (++values > limits.values) return { offset: at, text: tooMany }
    } else if (!isSilent(lexeme)) at += lexeme.length
    deepest = Math.max(deepest, parser.stack.length)
    if (parser.stack.length > limits.depth + outermost) return { offset: Math.min(at, text.length), text: tooDeep }
  }
  tokens.push(...parser.end())
  return tokens
}

/** What stands on the parser's stack besides maps and lists: the document, and the value that is being read. */
const outermost = 3

/** Marks of the lexer's that stand for no text. */
const scalar = "\u001F"
const isSilent = (lexeme: string) => lexeme === "\u0002" || lexeme === "\u0018"

export const tabInIndentation = "a tab in the indentation, where YAML takes only spaces"

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
  TAB_AS_INDENT: tabInIndentation,
  UNEXPECTED_TOKEN: "this cannot stand here",
}
