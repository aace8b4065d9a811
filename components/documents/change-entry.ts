import type { Draft, Edit } from "./draft.ts"
import { isList, isMap, type JsonValue } from "./json-value.ts"
import type { KeyPath } from "./key-path.ts"
import { indentAt, isSpread, type Layout, layoutOf } from "./layout.ts"
import { containerOf, findAt, isCollection } from "./locate.ts"
import { type Collection, type Entry, lineEnd, lineStart, type TreeNode } from "./tree.ts"
import { hasEntries, type Manner, writeBlock, writeFlow, writeInline } from "./write-value.ts"

/** What stands behind a key was `before` and is `after`; both begin at `slotStart`. */
export interface Changed {
  readonly before: string
  readonly after: string
}

/** Where the text that belongs to a key begins: right behind the key, so that the colon is part of it. */
export function slotStart(entry: Entry): number {
  return entry.key?.end ?? (entry.indicatorEnd === undefined ? entry.start : entry.indicatorEnd)
}

/** Puts a value behind a key that exists. Comments around the old value stay. */
export function changeEntry(draft: Draft, path: KeyPath, value: JsonValue): Changed {
  const slot = slotAt(draft, path)
  const edit = writesBlock(slot, value) ? blockEdit(slot, value) : inlineEdit(slot, value)
  return spliceSlot(draft, slot.from, edit)
}

/** An entry to be given another value, and all that decides on how it is written. */
interface Slot {
  readonly text: string
  readonly layout: Layout
  readonly from: number
  readonly indicatorEnd: number | undefined
  readonly old: TreeNode
  /** The collection the entry is in; unset for the root. */
  readonly container: Collection | undefined
  /** The column where block lines below the entry hang from. */
  readonly column: number
}

function slotAt({ text, tree }: Draft, path: KeyPath): Slot {
  const layout = layoutOf(tree)
  if (path.length === 0) {
    const old = tree.root as TreeNode
    return { text, layout, from: old.start, indicatorEnd: old.start, old, container: undefined, column: -1 }
  }
  const entry = findAt(tree, path) as Entry
  const container = containerOf(tree, path)
  const { indicatorEnd, value: old } = entry
  return { text, layout, from: slotStart(entry), indicatorEnd, old, container, column: container?.column ?? 0 }
}

function writesBlock({ layout, container, old, text }: Slot, value: JsonValue): boolean {
  if (layout.dialect === "json" || container?.flow || !hasEntries(value)) return false
  const stays = isCollection(old) && old.flow
  return !stays || (old.entries.length === 0 && !text.slice(old.contentStart, old.end).includes("#"))
}

function inlineEdit(slot: Slot, value: JsonValue): Edit {
  const { text, old, indicatorEnd, from } = slot
  const written = writeHere(slot, value)
  if (indicatorEnd === undefined) return { start: from, end: from, text: `: ${written}` }
  const between = text.slice(indicatorEnd, old.start)
  if (old.end === old.start) {
    const space = slot.container?.flow && slot.container.kind === "list" ? "" : " "
    return { start: indicatorEnd, end: indicatorEnd, text: `${space}${written}` }
  }
  if (isCollection(old) && old.entries.length === 0 && text.slice(old.contentStart, old.end).includes("#")) {
    const inner = written.slice(1, -1) + text.slice(old.contentStart + 1, old.end)
    return { start: old.contentStart, end: old.end, text: `${text[old.contentStart]}${inner}` }
  }
  if (!between.includes("\n")) {
    const space = between === "" && needsSpace(slot) ? " " : ""
    return { start: old.start, end: old.end, text: `${space}${written}` }
  }
  return { start: indicatorEnd, end: old.end, text: ` ${written}${commentsOf(between)}` }
}

function needsSpace({ container, layout }: Slot): boolean {
  return container !== undefined && layout.dialect !== "json" && container.kind === "map"
}

function blockEdit(slot: Slot, value: JsonValue): Edit {
  const { text, old, indicatorEnd = slot.from, layout } = slot
  const lines = writeBlock(value, layout, " ".repeat(columnFor(slot, value))).join(layout.lineBreak)
  if (slot.container === undefined) return { start: old.start, end: old.end, text: lines.trimStart() }
  const empty = old.end === old.start
  const between = text.slice(indicatorEnd, empty ? indicatorEnd : old.start)
  const head = between.includes("#") ? between.trimEnd() : ""
  if (!empty && between.includes("\n")) {
    return { start: indicatorEnd, end: old.end, text: `${head}${layout.lineBreak}${lines}` }
  }
  const oldEnd = empty ? indicatorEnd : old.end
  const end = lineEnd(text, oldEnd)
  return { start: indicatorEnd, end, text: `${text.slice(oldEnd, end).trimEnd()}${layout.lineBreak}${lines}` }
}

function columnFor({ old, column, layout, container, text }: Slot, value: JsonValue): number {
  if (!container)
    return column + 1 + (text[lineStart(text, old.start)] === " " ? old.contentStart - lineStart(text, old.start) : 0)
  const sameKind = isCollection(old) && !old.flow && (old.kind === "list") === isList(value)
  if (sameKind && old.entries.length > 0) return old.column
  return column + (isList(value) && container.kind === "map" ? layout.listStep : layout.mapStep)
}

function writeHere(slot: Slot, value: JsonValue): string {
  const { layout, text, old, container, from } = slot
  if (isList(value) || isMap(value)) {
    const spread =
      layout.dialect === "json" && (isCollection(old) && old.entries.length > 0 ? isSpread(text, old) : true)
    return writeFlow(value, layout, spread && layout.unit !== undefined ? indentAt(text, from) : undefined)
  }
  return writeInline(value, layout, { inFlow: container?.flow ?? false, ...styleHere(slot) })
}

/** The quotes of the value that was there, else those of its neighbours where they all have the same. */
function styleHere({ old, container }: Slot): Pick<Manner, "style"> {
  if (old.kind === "scalar" && (old.style === "single" || old.style === "double")) return { style: old.style }
  if (old.kind === "scalar" && typeof old.value === "string" && old.style === "plain") return {}
  return container ? styleAmong(container) : {}
}

/** The quotes that all strings of a collection have. */
export function styleAmong({ entries }: Collection): Pick<Manner, "style"> {
  const styles = new Set<string>()
  for (const { value } of entries) {
    if (value.kind === "scalar" && typeof value.value === "string") styles.add(value.style)
  }
  const [style] = styles
  return styles.size === 1 && (style === "single" || style === "double") ? { style } : {}
}

function commentsOf(between: string): string {
  return between.includes("#") ? between.trimEnd() : ""
}

/** Makes the edit and tells it as the text behind the key, before and after. */
export function spliceSlot(draft: Draft, from: number, { start, end, text }: Edit): Changed {
  const head = draft.text.slice(from, start)
  const before = head + draft.text.slice(start, end)
  draft.splice({ start, end, text })
  return { before, after: head + text }
}
