import { type Changed, slotStart, spliceSlot } from "./change-entry.ts"
import { commentsWithin } from "./comments.ts"
import type { Draft } from "./draft.ts"
import type { RemovedStep } from "./kept.ts"
import type { KeyPath } from "./key-path.ts"
import { containerOf, findAt, labelOf, lastLeaf } from "./locate.ts"
import { type Collection, type Entry, type Leaf, lineEnd, lineStart, type Tree } from "./tree.ts"

/** What was taken out, and between what. */
export type Removed = Omit<RemovedStep, "kind" | "owners" | "path">

/**
 * Takes an entry out. Its comment on the same line and those within its value go with it, all others stay.
 * A collection that had only this entry stays, empty: that is told as a change of the collection itself.
 * @param spareComments leaves comments within the entry as lines of their own: for entries of ours, in which any
 * comment is somebody else's.
 */
export function removeEntry(draft: Draft, path: KeyPath, { spareComments = false } = {}): Removed | Changed {
  const collection = containerOf(draft.tree, path) as Collection
  const entry = findAt(draft.tree, path) as Entry
  if (collection.entries.length === 1) return empty(draft, path, collection, entry)
  const region = regionOf(draft.text, collection, entry)
  const removed = describe(draft, path, entry, region)
  const comments = spareComments ? commentsWithin(draft.text, region.start, region.end) : []
  const spare = spared(draft.text, comments, region, collection)
  draft.splice({ start: region.start, end: region.end, text: spare || removed.left })
  return removed
}

export function isRemoved(outcome: Removed | Changed): outcome is Removed {
  return "gapBefore" in outcome
}

/** What is to be taken out, and what has to be left in its place. */
interface Region {
  readonly start: number
  readonly end: number
  readonly left?: string
}

function regionOf(text: string, collection: Collection, entry: Entry): Region {
  if (collection.flow) return flowRegion(text, collection, entry)
  const start = lineStart(text, entry.start)
  if (text.slice(start, entry.start).trim() !== "") return compactRegion(text, collection, entry)
  const lineBreak = /^\r?\n/.exec(text.slice(lineEnd(text, entry.end)))?.[0] ?? ""
  const end = lineEnd(text, entry.end) + lineBreak.length
  const previous = before(collection, entry)
  const leaf = previous && lastLeaf(previous.value)
  if (leaf?.kind === "scalar" && leaf.style === "block")
    return behindBlockScalar(text, { start, end }, leaf, collection)
  if (lineBreak !== "" || start === 0) return { start, end }
  return { start: start - (text.slice(0, start).endsWith("\r\n") ? 2 : 1), end }
}

/**
 * Lines that follow a block scalar once the entry is gone can become part of it: blank ones where it keeps them, and
 * indented comments. Blank lines go with the entry; against comments an empty one of ours is left.
 */
function behindBlockScalar(text: string, { start, end }: Region, leaf: Leaf, { column }: Collection): Region {
  const blank = /^(?:[ \t]*\r?\n)*/.exec(text.slice(end))?.[0] ?? ""
  const isComment = new RegExp(`^ {${column + 1},}#`).test(text.slice(end + blank.length))
  if (isComment) return { start, end, left: `${" ".repeat(column)}#${text.slice(lineEnd(text, end - 1), end)}` }
  return { start, end: leaf.keepsBlankLines ? end + blank.length : end }
}

/** An entry behind a dash, on the dash's line. */
function compactRegion(text: string, collection: Collection, entry: Entry): Region {
  const next = after(collection, entry)
  const clean = next && commentsWithin(text, entry.end, next.start).length === 0
  return { start: entry.start, end: clean ? next.start : entry.end }
}

/** With the comma before it, or, where a comment would go with that, the one behind it. */
function flowRegion(text: string, collection: Collection, entry: Entry): Region {
  const [previous, next] = [before(collection, entry), after(collection, entry)]
  if (previous && commentsWithin(text, previous.end, entry.start).length === 0) {
    return { start: previous.end, end: entry.end }
  }
  if (!previous && next && commentsWithin(text, entry.end, next.start).length === 0) {
    return { start: entry.start, end: next.start }
  }
  const comma = next ? /^\s*,/.exec(text.slice(entry.end)) : null
  return { start: entry.start, end: entry.end + (comma?.[0].length ?? 0) }
}

function describe({ text, tree }: Draft, path: KeyPath, entry: Entry, region: Region): Removed {
  const collection = containerOf(tree, path) as Collection
  const { start, end, left = "" } = region
  const [previous, next] = [before(collection, entry), after(collection, entry)]
  const label = (one: Entry | undefined) => (one ? labelOf(text, collection, one, path.at(-1) ?? "") : null)
  return {
    text: text.slice(start, end),
    left,
    inFlow: collection.flow,
    gapBefore: text.slice(previous?.end ?? openOf(tree, path), start),
    gapAfter: text.slice(end, next?.start ?? end),
    entryBefore: label(previous),
    entryAfter: label(next),
  }
}

/** Where the map or list that holds `path` begins: behind its brace, or behind the colon or dash that leads to it. */
export function openOf(tree: Tree, path: KeyPath): number {
  const collection = containerOf(tree, path) as Collection
  if (collection.flow) return collection.contentStart + 1
  return path.length === 1 ? 0 : (findAt(tree, path.slice(0, -1))?.indicatorEnd ?? collection.contentStart)
}

function before({ entries }: Collection, entry: Entry): Entry | undefined {
  return entries[entries.indexOf(entry) - 1]
}

function after({ entries }: Collection, entry: Entry): Entry | undefined {
  return entries[entries.indexOf(entry) + 1]
}

function spared(text: string, comments: readonly string[], region: Region, collection: Collection): string {
  if (comments.length === 0) return ""
  const lineBreak = text.includes("\r\n") ? "\r\n" : "\n"
  const indent = " ".repeat(collection.column)
  if (collection.flow) return ` ${comments.join(lineBreak + indent)}${lineBreak}`
  const lines = comments.map((comment) => `${indent}${comment}`).join(lineBreak)
  const leads = text.slice(region.start).startsWith(lineBreak)
  return leads ? `${lineBreak}${lines}` : `${lines}${lineBreak}`
}

/** Braces or brackets in the place of the only entry; comments between the collection's key and the entry stay. */
function empty(draft: Draft, path: KeyPath, collection: Collection, entry: Entry): Changed {
  const { text } = draft
  const braces = collection.kind === "map" ? ["{", "}"] : ["[", "]"]
  const holder = path.length === 1 ? undefined : (findAt(draft.tree, path.slice(0, -1)) as Entry)
  const from = holder ? slotStart(holder) : collection.start
  if (collection.flow) {
    const comma = /^\s*,/.exec(text.slice(entry.end))?.[0].length ?? 0
    const rest =
      text.slice(collection.contentStart + 1, entry.start) + text.slice(entry.end + comma, collection.end - 1)
    const inner = rest.includes("#") ? rest : ""
    const written = `${braces[0]}${inner}${braces[1]}`
    return spliceSlot(draft, from, { start: collection.contentStart, end: collection.end, text: written })
  }
  if (!holder) return spliceSlot(draft, from, { start: entry.start, end: entry.end, text: braces.join("") })
  const propsEnd = text.slice(from, collection.contentStart).trimEnd()
  const headEnd = collection.anchor || collection.tag ? propsOf(text, collection) : (holder.indicatorEnd ?? from)
  const between = text.slice(headEnd, entry.start)
  const comments = propsEnd.includes("#") && between.includes("#") ? between.trimEnd() : ""
  return spliceSlot(draft, from, { start: headEnd, end: entry.end, text: ` ${braces.join("")}${comments}` })
}

/** Where anchor and tag of a collection end. */
function propsOf(text: string, { start, contentStart }: Collection): number {
  const props = /^(?:[&!]\S*\s*)+/.exec(text.slice(start, contentStart))?.[0] ?? ""
  return start + props.trimEnd().length
}
