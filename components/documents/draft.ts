import type { Dialect } from "./dialects.ts"
import { readTree } from "./read-tree.ts"
import type { Tree } from "./tree.ts"

/** Puts `text` in the place of what is between two offsets (UTF-16 code units) of the text before all edits. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** The text with the edits made. They are sorted and do not overlap, as `plan` returns them. */
export function apply(text: string, edits: readonly Edit[]): string {
  let end = 0
  const parts: string[] = []
  for (const edit of edits) {
    if (edit.start < end || edit.end > text.length) throw new RangeError("edits overlap or are not of this text")
    parts.push(text.slice(end, edit.start), edit.text)
    end = edit.end
  }
  return [...parts, text.slice(end)].join("")
}

/** A stretch of the draft: still the original's, or new. */
type Piece = { readonly from: number; readonly to: number } | { readonly added: string }

/** A text on which splices are made one after another, each seeing the one before; `edits` tells their sum. */
export class Draft {
  readonly original: string
  readonly dialect: Dialect
  private pieces: Piece[]
  private current: string
  private read: Tree | undefined

  constructor(text: string, dialect: Dialect, tree?: Tree) {
    this.original = text
    this.dialect = dialect
    this.current = text
    this.pieces = [{ from: 0, to: text.length }]
    this.read = tree
  }

  get text(): string {
    return this.current
  }

  get tree(): Tree {
    this.read ??= readTree(this.current, this.dialect)
    return this.read
  }

  splice({ start, end, text }: Edit): void {
    if (this.current.slice(start, end) === text) return
    this.pieces = [...this.cut(0, start), { added: text }, ...this.cut(end, this.current.length)]
    this.current = this.current.slice(0, start) + text + this.current.slice(end)
    this.read = undefined
  }

  /** A copy to try something on. */
  fork(): Draft {
    const copy = new Draft(this.original, this.dialect)
    copy.become(this)
    return copy
  }

  become(other: Draft): void {
    this.pieces = other.pieces
    this.current = other.current
    this.read = other.read
  }

  edits(): Edit[] {
    const edits: Edit[] = []
    let end = 0
    let added = ""
    for (const piece of [...this.pieces, { from: this.original.length, to: this.original.length }]) {
      if ("added" in piece) added += piece.added
      else {
        edits.push(trimmed({ start: end, end: piece.from, text: added }, this.original))
        added = ""
        end = piece.to
      }
    }
    return edits.filter(({ start, end, text }) => start !== end || text !== "")
  }

  /** The pieces between two offsets of the current text. */
  private cut(start: number, end: number): Piece[] {
    const pieces: Piece[] = []
    let at = 0
    for (const piece of this.pieces) {
      const length = "added" in piece ? piece.added.length : piece.to - piece.from
      const from = Math.max(start - at, 0)
      const to = Math.min(end - at, length)
      if (from < to) {
        pieces.push(
          "added" in piece ? { added: piece.added.slice(from, to) } : { from: piece.from + from, to: piece.from + to },
        )
      }
      at += length
    }
    return pieces
  }
}

/** Without what is the same on both sides. Never between the two halves of a surrogate pair. */
function trimmed({ start, end, text }: Edit, original: string): Edit {
  const old = original.slice(start, end)
  const limit = Math.min(old.length, text.length)
  let head = 0
  while (head < limit && old[head] === text[head]) head++
  if (isHighSurrogate(old, head - 1)) head--
  let tail = 0
  while (tail < limit - head && old[old.length - 1 - tail] === text[text.length - 1 - tail]) tail++
  if (isHighSurrogate(old, old.length - tail - 1) && tail > 0) tail--
  return { start: start + head, end: end - tail, text: text.slice(head, text.length - tail) }
}

function isHighSurrogate(text: string, at: number): boolean {
  return /[\uD800-\uDBFF]/.test(text[at] ?? "")
}
