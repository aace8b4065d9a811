import { isList, isMap, type JsonValue } from "./json-value.ts"
import type { Layout } from "./layout.ts"
import { isSafePlain } from "./scalars.ts"

/** How a scalar goes into the text. */
export interface Manner {
  readonly inFlow: boolean
  /** The style that the neighbours have; `plain` where it can be, else the layout's quotes. */
  readonly style?: "plain" | "single" | "double"
}

/** A value on one line. */
export function writeInline(value: JsonValue, layout: Layout, manner: Manner): string {
  if (isList(value) || isMap(value)) return writeFlow(value, layout, undefined)
  if (typeof value === "string") return writeString(value, layout, manner)
  if (typeof value === "number") return writeNumber(value)
  return String(value)
}

/**
 * A map or list in braces or brackets.
 * @param indent indentation of the line it begins on, to spread it over lines; `undefined` for one line.
 */
export function writeFlow(value: JsonValue, layout: Layout, indent: string | undefined): string {
  const unit = indent === undefined ? undefined : layout.unit
  const inner = unit === undefined ? undefined : `${indent}${unit}`
  const [open, close] = isList(value) ? ["[", "]"] : ["{", "}"]
  const parts = isList(value)
    ? value.map((item) => writeNested(item, layout, inner))
    : Object.entries(value as { [key: string]: JsonValue }).map(([key, item]) => {
        return writeFlowEntry(key, item, layout, inner)
      })
  if (parts.length === 0) return `${open}${close}`
  if (inner === undefined) return `${open}${parts.join(`,${layout.gap}`)}${close}`
  const { lineBreak } = layout
  return `${open}${lineBreak}${inner}${parts.join(`,${lineBreak}${inner}`)}${lineBreak}${indent}${close}`
}

/** One `key: value` within braces. */
export function writeFlowEntry(key: string, value: JsonValue, layout: Layout, indent: string | undefined): string {
  const gap = layout.dialect === "json" ? layout.gap : " "
  return `${writeKey(key, layout, true)}:${gap}${writeNested(value, layout, indent)}`
}

function writeNested(value: JsonValue, layout: Layout, indent: string | undefined): string {
  return isList(value) || isMap(value)
    ? writeFlow(value, layout, indent)
    : writeInline(value, layout, { inFlow: true, ...(layout.dialect === "json" ? { style: "double" as const } : {}) })
}

/** A map or list that is not empty, as lines; the first one indented too. */
export function writeBlock(value: JsonValue, layout: Layout, indent: string): string[] {
  if (isList(value)) return value.flatMap((item) => writeItem(item, layout, indent))
  return Object.entries(value as { [key: string]: JsonValue }).flatMap(([key, item]) =>
    writeBlockEntry(key, item, layout, indent),
  )
}

/** One `key: value`, as lines. */
export function writeBlockEntry(key: string, value: JsonValue, layout: Layout, indent: string): string[] {
  const start = `${indent}${writeKey(key, layout, false)}:`
  if (!hasEntries(value)) return [`${start} ${writeInline(value, layout, { inFlow: false })}`]
  const step = isList(value) ? layout.listStep : layout.mapStep
  return [start, ...writeBlock(value, layout, indent + " ".repeat(step))]
}

/** One entry of a list, as lines. */
export function writeItem(value: JsonValue, layout: Layout, indent: string): string[] {
  if (!hasEntries(value)) return [`${indent}- ${writeInline(value, layout, { inFlow: false })}`]
  const [first = "", ...rest] = writeBlock(value, layout, `${indent}  `)
  return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest]
}

export function hasEntries(value: JsonValue): boolean {
  return isList(value) ? value.length > 0 : isMap(value) && Object.keys(value).length > 0
}

export function writeKey(key: string, layout: Layout, inFlow: boolean): string {
  const text = writeString(key, layout, { inFlow })
  if (layout.dialect !== "json" && text.length > 1000) throw new RangeError("a key of YAML has at most 1024 characters")
  return text
}

function writeString(text: string, layout: Layout, { inFlow, style = "plain" }: Manner): string {
  if (layout.dialect === "json") return JSON.stringify(text)
  if (style === "plain" && isSafePlain(text, inFlow)) return text
  const quote = style === "plain" ? layout.quote : style
  if (quote === "single" && /^[ -~\u00A0-\u2027\u202A-\uD7FF]*$/.test(text)) return `'${text.replaceAll("'", "''")}'`
  return JSON.stringify(text).replace(/[\u007F-\u00A0\u2028\u2029\uFEFF\uFFFE\uFFFF]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  })
}

/** PyYAML takes a number with an exponent for a string unless it has a point as well. */
function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError("a number that JSON cannot say")
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return BigInt(value).toString()
  return String(value).replace(/^(-?\d+)e/, "$1.0e")
}
