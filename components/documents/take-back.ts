import { addEntry } from "./add-entry.ts"
import { changeEntry, slotStart } from "./change-entry.ts"
import type { Draft } from "./draft.ts"
import { foreignContent } from "./foreign.ts"
import { type Absent, isAbsent, isMap, type JsonValue, sameValue } from "./json-value.ts"
import type { AddedStep, ChangedStep, Kept, RemovedStep, Step } from "./kept.ts"
import { type KeyPath, type PathStep, parseKeyPath } from "./key-path.ts"
import { containerOf, findAt, isCollection, labelOf, locate } from "./locate.ts"
import { observeTree } from "./observe.ts"
import { openOf, removeEntry } from "./remove-entry.ts"
import { type Collection, type Entry, lineEnd } from "./tree.ts"

/**
 * Gives managed keys back, the last change first. Where the text around a change is as we left it, the bytes from
 * before are back; where somebody edited it since, their edit stays and the value from before is back.
 */
export function giveBack(draft: Draft, kept: Kept, owners: ReadonlySet<string>): Kept {
  const steps: Step[] = []
  for (const step of kept.steps.toReversed()) {
    const back = step.owners.filter((owner) => owners.has(owner))
    if (back.length > 0) undo(draft, kept, { ...step, owners: back }, back.length === step.owners.length)
    const rest = step.owners.filter((owner) => !owners.has(owner))
    if (rest.length > 0) steps.unshift({ ...step, owners: rest })
  }
  for (const owner of owners) putRight(draft, kept, owner)
  const keys = Object.fromEntries(Object.entries(kept.keys).filter(([path]) => !owners.has(path)))
  return { keys, steps }
}

/**
 * The steps do not lead back to the value from before where others took out what it stood in, and we wrote it there anew:
 * the last step takes our own out, and an earlier one finds no place.
 */
function putRight(draft: Draft, kept: Kept, owner: string): void {
  const [path, previous] = [parseKeyPath(owner), kept.keys[owner]?.previous]
  if (previous === undefined || isAbsent(previous) || !isWritable(previous)) return
  if (!sameValue(observeTree(draft.tree, path), previous)) putBack(draft, path, previous)
}

/** The text from before all that was kept, where every change can be undone to the byte. */
export function unwound(draft: Draft, kept: Kept): Draft | undefined {
  const trial = draft.fork()
  const isExact = kept.steps.toReversed().every((step) => attempt(trial, kept, (inner) => undoExactly(inner, step)))
  return isExact ? trial : undefined
}

/** The keys whose value is no longer what we wrote, or whose place is gone. */
export function changedByOthers(draft: Draft, kept: Kept): string[] {
  return Object.entries(kept.keys)
    .filter(([name, { previous, wrote }]) => {
      const path = parseKeyPath(name)
      if (!sameValue(observeTree(draft.tree, path), wrote)) return true
      return isAbsent(wrote) && !isAbsent(previous) && locate(draft.tree, path).depth < path.length - 1
    })
    .map(([name]) => name)
}

function undo(draft: Draft, kept: Kept, step: Step, wholly: boolean): void {
  const exact = wholly && attempt(draft, kept, (trial) => undoExactly(trial, step))
  if (exact) return
  for (const owner of step.owners) {
    const path = parseKeyPath(owner)
    const known = kept.keys[owner]
    if (known) undoByValue(draft, step, path, known.previous)
  }
}

/** Tries a change; keeps it only when all that is not managed means the same as before. */
function attempt(draft: Draft, kept: Kept, change: (trial: Draft) => boolean): boolean {
  const paths = Object.keys(kept.keys).map(parseKeyPath)
  const trial = draft.fork()
  if (!change(trial) || trial.tree.faults.length > 0) return false
  if (foreignContent(trial.tree, paths) !== foreignContent(draft.tree, paths)) return false
  draft.become(trial)
  return true
}

function undoExactly(draft: Draft, step: Step): boolean {
  if (step.kind === "changed") return undoChanged(draft, step)
  if (step.kind === "added") return undoAdded(draft, step)
  return undoRemoved(draft, step)
}

function undoChanged(draft: Draft, { path, before, after }: ChangedStep): boolean {
  const place = slotOf(draft, path)
  if (!place || !draft.text.startsWith(after, place.from) || place.end > place.from + after.length) return false
  draft.splice({ start: place.from, end: place.from + after.length, text: before })
  return true
}

function slotOf({ tree }: Draft, path: KeyPath): { from: number; end: number } | undefined {
  if (path.length === 0) return tree.root && { from: tree.root.start, end: tree.root.end }
  const entry = findAt(tree, path)
  return entry && { from: slotStart(entry), end: entry.end }
}

function undoAdded(draft: Draft, { path, text, keyOffset }: AddedStep): boolean {
  const entry = findAt(draft.tree, path)
  if (!entry) return true
  const start = entry.start - keyOffset
  if (!draft.text.startsWith(text, start) || entry.end > start + text.length) return false
  draft.splice({ start, end: start + text.length, text: "" })
  return true
}

function undoRemoved(draft: Draft, step: RemovedStep): boolean {
  if (findAt(draft.tree, step.path)) return false
  const collection = containerOf(draft.tree, step.path)
  if (!collection || collection.flow !== step.inFlow) return false
  const at = places(draft.text, collection, step, openOf(draft.tree, step.path)).find((place) => place !== undefined)
  if (at === undefined) return false
  draft.splice({ start: at, end: at + step.left.length, text: step.text })
  return findAt(draft.tree, step.path) !== undefined
}

/** Where the text stood: behind the entry before, before the entry behind, or at least between the two. */
function places(text: string, collection: Collection, step: RemovedStep, open: number): (number | undefined)[] {
  const { entries } = collection
  const label = (entry: Entry) => labelOf(text, collection, entry, step.path.at(-1) ?? "")
  const previous = entries.findLast((entry) => label(entry) === step.entryBefore)
  const next = entries.find((entry) => label(entry) === step.entryAfter)
  const start = step.entryBefore === null ? open : previous?.end
  const behind = start === undefined ? undefined : start + step.gapBefore.length
  const ahead = next && next.start - step.gapAfter.length - step.left.length
  const stood = [
    behind !== undefined && text.startsWith(step.gapBefore + step.left, start) ? behind : undefined,
    ahead !== undefined && text.startsWith(step.left + step.gapAfter, ahead) ? ahead : undefined,
  ]
  return [
    ...(step.entryBefore === null ? stood.toReversed() : stood),
    betweenLines(text, collection, step, previous, next),
  ]
}

function betweenLines(
  text: string,
  { flow }: Collection,
  step: RemovedStep,
  previous: Entry | undefined,
  next: Entry | undefined,
): number | undefined {
  if (flow || step.left !== "" || !step.text.endsWith("\n")) return undefined
  if (previous)
    return lineEnd(text, previous.end) + (/^\r?\n/.exec(text.slice(lineEnd(text, previous.end)))?.[0].length ?? 0)
  return next && text.lastIndexOf("\n", next.start - 1) + 1
}

/** The place in the text is not as we left it: only the value is given back. */
function undoByValue(draft: Draft, step: Step, path: KeyPath, previous: JsonValue | Absent): void {
  const entry = findAt(draft.tree, path)
  if (isAbsent(previous)) {
    if (entry) removeOurs(draft, path, step)
  } else if (entry && isWritable(previous)) {
    if (!sameValue(observeTree(draft.tree, path), previous)) changeEntry(draft, path, previous)
  } else if (entry && step.kind === "changed") {
    draft.splice({ start: slotStart(entry), end: entry.end, text: step.before })
  } else if (isWritable(previous)) putBack(draft, path, previous)
}

/** With the maps that it stood in, where they are gone. */
function putBack(draft: Draft, path: KeyPath, value: JsonValue): void {
  const { node, depth } = locate(draft.tree, path)
  const step = path[depth] as PathStep
  const inner = path.slice(depth + 1)
  if (!node || inner.some((below) => typeof below !== "string")) return
  const whole = inner.reduceRight<JsonValue>((within, below) => ({ [below as string]: within }), value)
  if (depth === path.length) changeEntry(draft, path, value)
  else if (isCollection(node) && node.entries.length > 0) addEntry(draft, path.slice(0, depth + 1), whole)
  else changeEntry(draft, path.slice(0, depth), typeof step === "string" ? { [step]: whole } : [whole])
}

/** Takes an entry of ours out, and with it the maps and lists that we made for it and that hold nothing else. */
function removeOurs(draft: Draft, path: KeyPath, step: Step): void {
  const madeFrom = step.kind === "added" ? step.path.length : step.path.length + 1
  let target = path
  while (target.length > madeFrom && isAlone(draft, target)) target = target.slice(0, -1)
  const collection = containerOf(draft.tree, target)
  const isLast = collection?.entries.length === 1
  removeEntry(draft, target, { spareComments: true })
  if (!isLast || step.kind !== "changed" || target.length !== madeFrom || step.before.includes("#")) return
  const slot = slotOf(draft, step.path)
  if (slot) draft.splice({ start: slot.from, end: slot.end, text: step.before })
}

/** Whether an entry is all that its map or list holds, but for the identity of the list entry it is in. */
function isAlone(draft: Draft, path: KeyPath): boolean {
  const holder = path.at(-2)
  const identity = holder !== undefined && typeof holder !== "string" ? holder.by : undefined
  const own = findAt(draft.tree, path)
  const entries = containerOf(draft.tree, path)?.entries ?? []
  return entries.every((entry) => entry === own || (identity !== undefined && entry.name === identity))
}

/** Whether JSON can say the value, so that it can be written again. */
function isWritable(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.every(isWritable)
  return !isMap(value) || (!Object.hasOwn(value, "$yaml") && Object.values(value).every(isWritable))
}
