import fc from "fast-check"
import type { Dialect } from "../../../components/documents/dialects.ts"

/** A document as it might stand on somebody's server, with what a test has to know about it. */
export interface Written {
  readonly text: string
  /** Every map of it that a managed key may be put into, by the path of its key; `[]` is the root. */
  readonly maps: readonly (readonly string[])[]
  /** Every key, by path. */
  readonly keys: readonly (readonly string[])[]
  /** Every comment (each is unique), with the path of the entry whose value or line it belongs to. */
  readonly comments: readonly { readonly text: string; readonly path: readonly string[] }[]
  /** Words that stand once in the text, as somebody's values. */
  readonly words: readonly { readonly text: string; readonly path: readonly string[] }[]
}

type Value =
  | { readonly kind: "scalar"; readonly source: string }
  | { readonly kind: "word" }
  | { readonly kind: "lines"; readonly header: string; readonly lines: readonly string[] }
  | { readonly kind: "map"; readonly entries: readonly Entry[]; readonly step: number; readonly anchor: boolean }
  | { readonly kind: "list"; readonly items: readonly Value[]; readonly step: number; readonly gap: number }
  | { readonly kind: "flow map"; readonly entries: readonly Entry[]; readonly spread: boolean; readonly pad: boolean }
  | { readonly kind: "flow list"; readonly items: readonly Value[]; readonly spread: boolean; readonly tail: boolean }
  | { readonly kind: "alias" }

interface Entry {
  readonly name: string
  readonly quote: "" | "'" | '"'
  readonly value: Value
  /** Lines before it: a blank line, or a comment at the entry's column, to its left or to its right. */
  readonly before: readonly ("blank" | "comment" | "left" | "right")[]
  readonly trailing: boolean
  readonly spaces: number
}

interface Shape {
  readonly entries: readonly Entry[]
  readonly crlf: boolean
  readonly finalBreak: boolean
  readonly mark: boolean
  readonly begin: "" | "---" | "--- # begin" | "%YAML 1.1\n---"
  readonly end: "" | "..." | "... # end"
  readonly tail: readonly ("blank" | "comment")[]
  readonly indent: number
}

const names = [
  "enabled",
  "server_name",
  "listeners",
  "on_call",
  "a",
  "b",
  "c",
  "x-y",
  "org.matrix.msc2965",
  "two words",
  "clients",
  "0600",
  "no",
  "éclair",
  "https://a.example/",
  "<<",
]

const sources = [
  "1",
  "true",
  "no",
  "Off",
  "0600",
  "1:30",
  "190:20:30",
  "~",
  "null",
  ".5",
  "1.5",
  "1e5",
  "1.0e+5",
  "0x1F",
  "0b11",
  "-7",
  "+12",
  "1_000",
  "2024-01-01",
  "2024-01-01 10:00:00",
  ".inf",
  "08",
  "0o17",
  "y",
  "'it''s'",
  "''",
  '""',
  '"a\\tb \\u00e9 \\"q\\""',
  "http://mas:8080/",
  "a b  c",
  "a#b",
  "a:b",
  "-x",
  "'#no'",
  "'yes'",
  '"0600"',
  "x",
  "[]",
  "{}",
  "{ }",
  "!!str 5",
  "'*'",
  "two\n                    lines",
  "'two\n                    lines'",
]

const blockLines = fc.array(fc.constantFrom("text", "  more", "# no comment", "", "key: value", "- dash"), {
  minLength: 1,
  maxLength: 4,
})

interface Tied {
  readonly entry: Entry
  readonly flowEntry: Entry
  readonly value: Value
  readonly flow: Value
}

const { entry } = fc.letrec<Tied>((tie) => ({
  entry: fc.record({
    name: fc.constantFrom(...names),
    quote: fc.constantFrom("", "", "", "'", '"'),
    value: tie("value"),
    before: fc.array(fc.constantFrom("blank", "comment", "left", "right"), { maxLength: 2 }),
    trailing: fc.boolean(),
    spaces: fc.constantFrom(1, 1, 1, 3),
  }) as fc.Arbitrary<Entry>,
  flowEntry: fc.record({
    name: fc.constantFrom(...names),
    quote: fc.constantFrom("", '"', "'"),
    value: tie("flow"),
    before: fc.constant([]),
    trailing: fc.boolean(),
    spaces: fc.constant(1),
  }) as fc.Arbitrary<Entry>,
  flow: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant({ kind: "word" as const }),
    fc.constantFrom(...sources).map((source) => ({ kind: "scalar" as const, source })),
    fc.record({
      kind: fc.constant("flow map" as const),
      entries: fc.array(tie("flowEntry"), { maxLength: 3 }),
      spread: fc.boolean(),
      pad: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("flow list" as const),
      items: fc.array(tie("flow"), { maxLength: 3 }),
      spread: fc.boolean(),
      tail: fc.boolean(),
    }),
  ) as fc.Arbitrary<Value>,
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant({ kind: "word" as const }),
    fc.constantFrom("", ...sources).map((source) => ({ kind: "scalar" as const, source })),
    fc.record({
      kind: fc.constant("lines" as const),
      header: fc.constantFrom("|", "|-", "|+", ">", ">-", ">+"),
      lines: blockLines,
    }),
    fc.constant({ kind: "alias" as const }),
    tie("flow"),
    fc.record({
      kind: fc.constant("map" as const),
      entries: fc.array(tie("entry"), { minLength: 1, maxLength: 4 }),
      step: fc.constantFrom(1, 2, 2, 2, 3, 4),
      anchor: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("list" as const),
      items: fc.array(tie("value"), { minLength: 1, maxLength: 3 }),
      step: fc.constantFrom(0, 2, 2, 4),
      gap: fc.constantFrom(1, 1, 3),
    }),
  ) as fc.Arbitrary<Value>,
}))

const shape: fc.Arbitrary<Shape> = fc.record({
  entries: fc.array(entry, { maxLength: 5 }),
  crlf: fc.boolean(),
  finalBreak: fc.constantFrom(true, true, false),
  mark: fc.constantFrom(false, false, false, true),
  begin: fc.constantFrom("", "", "", "---", "--- # begin", "%YAML 1.1\n---") as fc.Arbitrary<Shape["begin"]>,
  end: fc.constantFrom("", "", "", "...", "... # end") as fc.Arbitrary<Shape["end"]>,
  tail: fc.array(fc.constantFrom("blank", "comment"), { maxLength: 2 }) as fc.Arbitrary<Shape["tail"]>,
  indent: fc.constantFrom(0, 0, 0, 0, 2),
})

/** Any YAML that PyYAML and the core schema both take: comments anywhere, unusual indentation, flow, anchors, CRLF. */
export function yamlDocument(dialect: Dialect): fc.Arbitrary<Written> {
  return shape.map((drawn) => new Printer(dialect).print(drawn))
}

/** Writes a drawn shape down, and notes what is where. */
class Printer {
  readonly dialect: Dialect
  private lines: string[] = []
  private count = 0
  private anchors = 0
  /** Anchors whose map is complete: an alias within it would make it endless. */
  private readonly complete: number[] = []
  private endsWithBlock = false
  private readonly maps: (readonly string[])[] = [[]]
  private readonly keys: (readonly string[])[] = []
  private readonly comments: { text: string; path: readonly string[] }[] = []
  private readonly words: { text: string; path: readonly string[] }[] = []

  constructor(dialect: Dialect) {
    this.dialect = dialect
  }

  print(drawn: Shape): Written {
    if (drawn.begin) this.lines.push(...drawn.begin.split("\n"))
    this.map(drawn.entries, " ".repeat(drawn.mark ? 0 : drawn.indent), [])
    this.linesBefore(drawn.tail, "", [])
    if (drawn.end && (drawn.begin || drawn.entries.length > 0)) this.lines.push(drawn.end)
    const lineBreak = drawn.crlf ? "\r\n" : "\n"
    const body = this.lines.join("\n").replaceAll("\n", lineBreak)
    const mark = drawn.mark && this.dialect === "yaml11" ? "\uFEFF" : ""
    const text = `${mark}${body}${drawn.finalBreak && body !== "" ? lineBreak : ""}`
    const { maps, keys, comments, words } = this
    return { text, maps, keys, comments, words }
  }

  private map(entries: readonly Entry[], indent: string, path: readonly string[], first = indent): void {
    const unique = [...new Map(entries.map((one) => [one.name, one])).values()]
    let start = first
    for (const one of unique) {
      if (start === indent) this.linesBefore(one.before, indent, path)
      this.entry(one, start, indent, [...path, one.name])
      start = indent
    }
  }

  private linesBefore(before: Entry["before"], indent: string, path: readonly string[]): void {
    for (const kind of before) {
      const right = this.endsWithBlock ? 0 : 3
      const column = kind === "left" ? 0 : indent.length + (kind === "right" ? right : 0)
      this.lines.push(kind === "blank" ? "" : `${" ".repeat(column)}${this.comment(path)}`)
    }
  }

  private comment(path: readonly string[]): string {
    const text = `# comment ${this.count++};`
    this.comments.push({ text, path })
    return text
  }

  private entry(one: Entry, start: string, indent: string, path: readonly string[]): void {
    this.endsWithBlock = false
    if (one.name === "<<") {
      this.mergeKey(start)
      return
    }
    this.keys.push(path)
    const head = `${start}${quoted(one, false)}:`
    this.value(one.value, head, indent, path, one)
  }

  /** Or, where there is nothing to merge or nobody who would, a key of that kind of name. */
  private mergeKey(start: string): void {
    const last = this.complete.at(-1)
    const isMerged = this.dialect === "yaml11" && last !== undefined
    this.lines.push(isMerged ? `${start}<<: *a${last}` : `${start}"<<": 1`)
  }

  private value(value: Value, head: string, indent: string, path: readonly string[], one: Entry): void {
    const space = " ".repeat(one.spaces)
    const trailing = () => (one.trailing ? ` ${this.comment(path)}` : "")
    if (value.kind === "map") {
      this.maps.push(path)
      const anchor = value.anchor ? this.anchors++ : undefined
      this.lines.push(`${head}${anchor === undefined ? "" : ` &a${anchor}`}${trailing()}`)
      this.map(value.entries, indent + " ".repeat(value.step), path)
      if (anchor !== undefined) this.complete.push(anchor)
    } else if (value.kind === "list") {
      this.lines.push(`${head}${trailing()}`)
      this.list(value, indent, path)
    } else if (value.kind === "lines") this.blockScalar(value, `${head}${space}`, indent)
    else {
      const inline = this.inline(value, path, `${indent}  `)
      this.lines.push(`${head}${inline && space}${inline}${trailing()}`)
    }
  }

  private list(value: Value & { kind: "list" }, indent: string, path: readonly string[]): void {
    const column = indent + " ".repeat(value.step)
    for (const [index, item] of value.items.entries()) {
      const inner = [...path, `[${index}]`]
      const dash = `${column}-${" ".repeat(value.gap)}`
      if (item.kind === "map") this.map(item.entries, " ".repeat(dash.length), inner, dash)
      else if (item.kind === "list") this.lines.push(`${dash}${this.inline({ kind: "word" }, inner, column)}`)
      else if (item.kind === "lines") this.blockScalar(item, dash, column)
      else this.lines.push(`${dash}${this.inline(item, inner, `${column}   `)}`)
    }
  }

  private blockScalar({ header, lines }: Value & { kind: "lines" }, head: string, indent: string): void {
    const text = lines.some((line) => line.trim() !== "")
      ? [lines.find((line) => /^\S/.test(line)) ?? "text", ...lines]
      : ["text"]
    this.endsWithBlock = true
    this.lines.push(`${head}${header}`, ...text.map((line) => (line === "" ? "" : `${indent}  ${line}`)))
  }

  private inline(value: Value, path: readonly string[], indent: string): string {
    if (value.kind === "word") return this.word(path)
    if (value.kind === "alias") return this.complete.length > 0 ? `*a${this.complete.at(-1)} ` : this.word(path)
    if (value.kind === "flow map") return this.flowMap(value, path, indent)
    if (value.kind === "flow list") return this.flowList(value, path, indent)
    return value.kind === "scalar" ? value.source : this.word(path)
  }

  private word(path: readonly string[]): string {
    const text = `word${this.count++}w`
    this.words.push({ text, path })
    return text
  }

  private flowMap(value: Value & { kind: "flow map" }, path: readonly string[], indent: string): string {
    this.maps.push(path)
    const unique = [...new Map(value.entries.map((one) => [one.name, one])).values()]
    const parts = unique
      .filter(({ name }) => name !== "<<")
      .map((one) => {
        this.keys.push([...path, one.name])
        return `${quoted(one, true)}: ${this.inline(one.value, [...path, one.name], `${indent}  `)}`
      })
    return this.braced(parts, ["{", "}"], indent, value, path)
  }

  private flowList(value: Value & { kind: "flow list" }, path: readonly string[], indent: string): string {
    const parts = value.items.map((item, index) => this.inline(item, [...path, `[${index}]`], `${indent}  `))
    return this.braced(
      value.tail && parts.length > 0 ? [...parts.slice(0, -1), `${parts.at(-1)},`] : parts,
      ["[", "]"],
      indent,
      { ...value, pad: false },
      path,
    )
  }

  private braced(
    parts: readonly string[],
    [open, close]: readonly [string, string],
    indent: string,
    how: { spread: boolean; pad: boolean },
    path: readonly string[],
  ): string {
    if (!how.spread)
      return parts.length > 0 && how.pad ? `${open} ${parts.join(", ")} ${close}` : `${open}${parts.join(", ")}${close}`
    const lines = parts.map(
      (part, at) =>
        `${indent}  ${part}${at < parts.length - 1 ? "," : ""}${at % 2 === 0 ? ` ${this.comment(path)}` : ""}`,
    )
    return [open, ...lines, `${how.pad ? indent.slice(2) : indent}${close}`].join("\n")
  }
}

function quoted({ name, quote }: Entry, inFlow: boolean): string {
  if (quote !== "") return `${quote}${name}${quote}`
  return /^(?:0600|no|https?:.*)$/.test(name) || (inFlow && /[^\w.-]/.test(name)) ? `'${name}'` : name
}
