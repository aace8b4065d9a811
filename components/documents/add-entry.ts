import { styleAmong } from "./change-entry.ts"
import type { Draft } from "./draft.ts"
import { isList, isMap, type JsonValue } from "./json-value.ts"
import { type KeyPath, type PathStep, sameStep } from "./key-path.ts"
import { indentAt, isSpread, type Layout, layoutOf } from "./layout.ts"
import { isCollection, lastLeaf, locate } from "./locate.ts"
import { type Collection, lineEnd, lineStart } from "./tree.ts"
import { writeBlockEntry, writeFlow, writeFlowEntry, writeInline, writeItem, writeKey } from "./write-value.ts"

/** A new entry's text as it was put in, and where in it the entry begins. */
export interface Added {
  readonly text: string
  readonly keyOffset: number
}

/** Adds an entry to a map or list that has some, or to an empty document, as the last one. */
export function addEntry(draft: Draft, path: KeyPath, value: JsonValue): Added {
  const { node } = locate(draft.tree, path.slice(0, -1))
  const step = path.at(-1) as PathStep
  if (!node || !isCollection(node)) return addToEmptyDocument(draft, step, value)
  return node.flow ? addToFlow(draft, node, step, value) : addToBlock(draft, node, step, value)
}

function addToBlock(draft: Draft, collection: Collection, step: PathStep, value: JsonValue): Added {
  const layout = layoutOf(draft.tree)
  const indent = " ".repeat(collection.column)
  const lines = blockLines(step, value, layout, indent, collection).join(layout.lineBreak)
  const { at, behind } = placeInBlock(draft.text, collection)
  const text = behind ? `${layout.lineBreak}${lines}` : `${lines}${layout.lineBreak}`
  draft.splice({ start: at, end: at, text })
  return { text, keyOffset: indent.length + (behind ? layout.lineBreak.length : 0) }
}

function blockLines(step: PathStep, value: JsonValue, layout: Layout, indent: string, among: Collection): string[] {
  if (typeof step !== "string") return writeItem(value, layout, indent)
  if (isList(value) || isMap(value)) return writeBlockEntry(step, value, layout, indent)
  const key = writeKey(step, layout, false)
  return [`${indent}${key}: ${writeInline(value, layout, { inFlow: false, ...styleAmong(among) })}`]
}

/**
 * Behind the last entry. A block scalar counts blank lines (`|+`) or a missing last line break as its own: the entry
 * then goes behind those lines, or before the scalar's key.
 */
function placeInBlock(text: string, collection: Collection): { at: number; behind: boolean } {
  const last = collection.entries.at(-1)
  const leaf = lastLeaf(collection)
  const end = behindItsComments(text, lineEnd(text, collection.end), collection.column)
  if (leaf.kind !== "scalar" || leaf.style !== "block") return { at: end, behind: true }
  const strips = /^[|>][0-9]*-/.test(text.slice(leaf.contentStart, leaf.end))
  if (!strips && end === text.length) return { at: lineStart(text, last?.start ?? 0), behind: false }
  return { at: end, behind: true }
}

/** Comments indented more than the entries belong to what stands above them. */
function behindItsComments(text: string, end: number, column: number): number {
  const comment = new RegExp(`(?:\\r?\\n[ \\t]*)*\\r?\\n {${column + 1},}#[^\\r\\n]*`, "y")
  let at = end
  for (;;) {
    comment.lastIndex = at
    if (!comment.test(text)) return at
    at = comment.lastIndex
  }
}

function addToFlow(draft: Draft, collection: Collection, step: PathStep, value: JsonValue): Added {
  const layout = layoutOf(draft.tree)
  const { text } = draft
  const first = collection.entries[0]
  const last = collection.entries.at(-1)
  const spread = isSpread(text, collection)
  const indent = spread ? indentAt(text, first?.start ?? 0) : undefined
  const nested = layout.dialect === "json" ? indent : undefined
  const written =
    typeof step === "string" ? writeFlowEntry(step, value, layout, nested) : writeFlow(value, layout, nested)
  const separator = indent === undefined ? `,${layout.gap}` : `,${lineBreakIn(text, collection)}${indent}`
  const at = last?.end ?? collection.contentStart + 1
  const added = `${separator}${written}`
  draft.splice({ start: at, end: at, text: added })
  return { text: added, keyOffset: separator.length }
}

function lineBreakIn(text: string, { contentStart, entries }: Collection): string {
  return /\r?\n/.exec(text.slice(contentStart, entries[0]?.start))?.[0] ?? "\n"
}

function addToEmptyDocument(draft: Draft, step: PathStep, value: JsonValue): Added {
  const layout = layoutOf(draft.tree)
  const { text } = draft
  const marker = /^\.\.\.(?=\s|$)/m.exec(text)
  const at = marker?.index ?? text.length
  const needsBreak = at > 0 && text !== "\uFEFF" && text[at - 1] !== "\n"
  const lines = writeBlockEntry(step as string, value, layout, "").join(layout.lineBreak)
  const head = needsBreak ? layout.lineBreak : ""
  const added = `${head}${lines}${needsBreak && !marker ? "" : layout.lineBreak}`
  draft.splice({ start: at, end: at, text: added })
  return { text: added, keyOffset: head.length }
}

/** A managed key, relative to where a value is to be built. */
export interface Part {
  readonly path: KeyPath
  readonly value: JsonValue
}

/** One value that holds all the parts, in their order. */
export function buildValue(parts: readonly Part[]): JsonValue {
  const whole = parts.find(({ path }) => path.length === 0)
  if (whole) return whole.value
  const groups: { step: PathStep; parts: Part[] }[] = []
  for (const { path, value } of parts) {
    const step = path[0] as PathStep
    const part = { path: path.slice(1), value }
    const group = groups.find((known) => sameStep(known.step, step))
    if (group) group.parts.push(part)
    else groups.push({ step, parts: [part] })
  }
  const isMapping = typeof groups[0]?.step === "string"
  if (!isMapping) return groups.map(({ step, parts: inner }) => identified(step, buildValue(inner)))
  return Object.fromEntries(groups.map(({ step, parts: inner }) => [step as string, buildValue(inner)]))
}

/** A list entry with its identity in front. */
function identified(step: PathStep, value: JsonValue): JsonValue {
  if (typeof step === "string" || !isMap(value) || Object.hasOwn(value, step.by)) return value
  return { [step.by]: step.is, ...value }
}
