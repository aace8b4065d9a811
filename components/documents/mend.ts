import { diffLines } from "diff"
import type { Dialect } from "./dialects.ts"
import { strangeDuplicates } from "./duplicates.ts"
import { limits } from "./limits.ts"
import { isReadable, problems } from "./problems.ts"
import { readTree } from "./read-tree.ts"

/** A document that can be used again. */
export interface Mended {
  readonly text: string
  /** Lines of the text as it was found, from 1, that are taken back to what they were. */
  readonly takenBack: readonly number[]
}

/** A piece of what somebody changed that may stay or go by itself: lines as they were, and as they are. */
interface Piece {
  readonly was: string
  readonly is: string
  /** First line of `is` in the text as it was found, from 1. */
  readonly line: number
  /** Pieces of one number stand together. */
  readonly hunk: number
}

/** What is the same in both texts, and what somebody changed in between. */
type Part = string | Piece

/** So many single pieces are tried in pairs, too; beyond that it would take long. */
const mostInPairs = 24

/** Lines taken out and put in; what is compared grows with the square of it. */
const mostChanges = 3000

/** So many pairs of lines are compared within one change; in a greater one the lines stay or go together. */
const mostCompared = 100_000

/** A line so long (a whole document on one line) holds more than what makes it unusable. */
const longestLine = 500

/**
 * Makes a document usable again that somebody's hand made unusable, by taking back no more of what changed since it was
 * last known than it takes. What else was changed stays. `undefined` where that cannot be done: the known text is of no
 * use, what stands twice is not ours (`paths`) to take out, or it would take too long to find out.
 */
export function mend(known: string, text: string, dialect: Dialect, paths: readonly string[]): Mended | undefined {
  const isTheirs = (candidate: string) =>
    isReadable(readTree(candidate, dialect)) && strangeDuplicates(candidate, dialect, paths)
  if (problems(known, dialect).length > 0 || text.length > limits.characters || isTheirs(text)) return undefined
  const parts = partsOf(known, text)
  if (!parts) return undefined
  const pieces = parts.filter((part) => typeof part !== "string")
  const first = problems(text, dialect, paths)[0]?.line ?? 1
  const until = performance.now() + limits.repairMilliseconds
  let read = 0
  for (const gone of candidates(pieces, first)) {
    const candidate = without(parts, new Set(gone))
    read += candidate.length
    if (read > limits.repair || performance.now() > until) return undefined
    if (problems(candidate, dialect, paths).length > 0) {
      if (isTheirs(candidate)) return undefined
      continue
    }
    if (gone.some(({ is }) => is.split("\n").some((line) => line.length > longestLine))) return undefined
    return { text: candidate, takenBack: gone.flatMap(linesOf).toSorted((a, b) => a - b) }
  }
  return undefined
}

/** Nothing where the two texts have little in common: then no line of them is to blame. */
function partsOf(known: string, text: string): Part[] | undefined {
  const parts: Part[] = []
  let line = 1
  let hunk = 0
  let was: string[] = []
  const changes = diffLines(known, text, { maxEditLength: mostChanges })
  if (!changes) return undefined
  for (const [at, { value, added, removed }] of changes.entries()) {
    const lines = linesIn(value)
    if (removed) {
      was = lines
      if (!changes[at + 1]?.added) parts.push(...piecesOf(was, [], { line, hunk: hunk++ }))
      continue
    }
    if (added) parts.push(...piecesOf(was, lines, { line, hunk: hunk++ }))
    else parts.push(value)
    was = []
    line += lines.length
  }
  return parts
}

/** Line by line: what a line was, and what it is. */
function piecesOf(was: readonly string[], is: readonly string[], at: { line: number; hunk: number }): Piece[] {
  let line = at.line
  return aligned(was, is).map((pair) => {
    const piece = { ...pair, line, hunk: at.hunk }
    if (pair.is !== "") line++
    return piece
  })
}

type Pair = Pick<Piece, "was" | "is">

/** Which of the old lines became which of the new ones: as much as possible stays alike, and the order is kept. */
function aligned(was: readonly string[], is: readonly string[]): Pair[] {
  if (was.length * is.length > mostCompared) return [{ was: was.join(""), is: is.join("") }]
  const [shorter, longer] = was.length <= is.length ? [was, is] : [is, was]
  const places: number[] = []
  for (const [nth, line] of shorter.entries()) {
    const from = (places.at(-1) ?? -1) + 1
    const choice = longer.slice(from, longer.length - (shorter.length - nth) + 1)
    const best = Math.max(...choice.map((other) => likeness(line, other)))
    places.push(from + choice.findIndex((other) => likeness(line, other) === best))
  }
  return longer.map((line, place) => {
    const partner = places.includes(place) ? (shorter[places.indexOf(place)] ?? "") : ""
    return was.length <= is.length ? { was: partner, is: line } : { was: line, is: partner }
  })
}

/** How many characters two lines have in common at their beginning and their end. */
function likeness(one: string, other: string): number {
  const limit = Math.min(one.length, other.length)
  let head = 0
  while (head < limit && one[head] === other[head]) head++
  let tail = 0
  while (tail < limit - head && one[one.length - 1 - tail] === other[other.length - 1 - tail]) tail++
  return head + tail
}

/** Sets of pieces to take back, the smallest first, and among those of one size what stands near the problem first. */
function* candidates(pieces: readonly Piece[], line: number): Generator<readonly Piece[]> {
  const near = pieces.toSorted((a, b) => Math.abs(a.line - line) - Math.abs(b.line - line))
  for (const piece of near) yield [piece, ...below(piece, pieces)]
  if (near.length <= mostInPairs) {
    const whole = near.map((piece) => [piece, ...below(piece, pieces)])
    for (const [nth, one] of whole.entries())
      for (const other of whole.slice(nth + 1)) yield [...new Set([...one, ...other])]
  }
  const hunks = [...new Set(near.map(({ hunk }) => hunk))].map((hunk) => pieces.filter((piece) => piece.hunk === hunk))
  for (const hunk of hunks) yield* runsOf(hunk)
  for (let size = 2; size <= hunks.length; size++) yield hunks.slice(0, size).flat()
}

/** What came with a new line and hangs below it: left behind, it would hang below whatever stands before. */
function below({ was, is, line, hunk }: Piece, pieces: readonly Piece[]): readonly Piece[] {
  if (was !== "") return []
  const after = pieces.filter((other) => other.hunk === hunk && other.line > line)
  const end = after.findIndex((other) => other.was !== "" || indentation(other.is) <= indentation(is))
  return end === -1 ? after : after.slice(0, end)
}

function indentation(line: string): number {
  return line.length - line.trimStart().length
}

/** Neighbours among the pieces that stand together, the shortest runs first. */
function* runsOf(hunk: readonly Piece[]): Generator<readonly Piece[]> {
  for (let size = 3; size <= hunk.length; size++) {
    for (let from = 0; from + size <= hunk.length; from++) yield hunk.slice(from, from + size)
  }
}

function without(parts: readonly Part[], gone: ReadonlySet<Piece>): string {
  return parts.map((part) => (typeof part === "string" ? part : gone.has(part) ? part.was : part.is)).join("")
}

function linesOf({ is, line }: Piece): number[] {
  return is === "" ? [line] : linesIn(is).map((_, nth) => line + nth)
}

function linesIn(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}
