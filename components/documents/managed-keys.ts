import { addEntry, buildValue } from "./add-entry.ts"
import { changeEntry } from "./change-entry.ts"
import type { Dialect } from "./dialects.ts"
import { apply, Draft, type Edit } from "./draft.ts"
import { foreignContent } from "./foreign.ts"
import { type Absent, absent, isAbsent, isMap, type JsonValue, sameValue } from "./json-value.ts"
import { type Kept, type KeptKey, nothingKept, type Step } from "./kept.ts"
import { type KeyPath, parseKeyPath, startsWith } from "./key-path.ts"
import { findAt, isCollection, locate } from "./locate.ts"
import { observeTree } from "./observe.ts"
import { type Problem, positionOf, problemsOf, problemsOnTheWay, UnusableDocument } from "./problems.ts"
import { readTree } from "./read-tree.ts"
import { isRemoved, removeEntry } from "./remove-entry.ts"
import { changedByOthers, giveBack, unwound } from "./take-back.ts"
import type { Tree } from "./tree.ts"

export { apply, type Edit } from "./draft.ts"
export { type Absent, absent, isAbsent, type JsonValue } from "./json-value.ts"
export { type Kept, type KeptKey, nothingKept } from "./kept.ts"

/** A key that is to have a value, or to be absent. */
export interface ManagedKey {
  /** As `parseKeyPath` reads it: `matrix.secret`, `clients[client_id=01AB].redirect_uris`. */
  readonly path: string
  readonly value: JsonValue | Absent
}

export interface Plan {
  /** Sorted, without overlap, to be made on the text that was given; empty when all is as wanted. */
  readonly edits: readonly Edit[]
  /** What it takes to give everything back. May hold secrets. */
  readonly kept: Kept
  /** Keys no longer wanted that stay as they are, since somebody changed them after us. */
  readonly left: readonly string[]
}

/**
 * The managed keys as they are in the text, as its reader sees them.
 * @throws {UnusableDocument}
 */
export function observe(text: string, dialect: Dialect, paths: readonly string[]): Record<string, JsonValue | Absent> {
  const tree = usable(readTree(text, dialect), [])
  return Object.fromEntries(paths.map((path) => [path, observeTree(tree, parseKeyPath(path))]))
}

/**
 * What has to be edited for the keys to be as wanted, and nothing else.
 * @param kept what an earlier plan for this document returned: what stood there before us stays known, and keys that
 * are no longer wanted are given back.
 * @throws {UnusableDocument} when the document, or what lies on the way to a key, cannot be edited safely.
 */
export function plan(text: string, dialect: Dialect, keys: readonly ManagedKey[], kept: Kept = nothingKept): Plan {
  const wanted = keys.map(({ path, value }) => ({ name: path, path: parseKeyPath(path), value }))
  refuseOverlaps(wanted)
  const draft = new Draft(text, dialect, usable(readTree(text, dialect), Object.keys(kept.keys)))
  const dropped = Object.keys(kept.keys).filter((name) => !wanted.some((key) => key.name === name))
  const theirs = new Set(changedByOthers(draft, kept))
  const left = dropped.filter((name) => theirs.has(name))
  const ground = giveBack(draft, forget(kept, left), new Set(dropped.filter((name) => !theirs.has(name))))
  refuse(
    problemsOnTheWay(
      draft.tree,
      keys.map(({ path }) => path),
    ),
  )
  const work = new Work(draft, ground, wanted)
  work.run()
  const best = left.length > 0 ? work : (rebuilt(new Draft(text, dialect), kept, work) ?? work)
  confirm(readTree(text, dialect), best.draft, wanted, Object.keys(kept.keys))
  return { edits: best.draft.edits(), kept: best.kept(), left }
}

/**
 * The text with all given back that is still as we wrote it. What somebody changed since stays theirs.
 * @throws {UnusableDocument}
 */
export function restore(text: string, dialect: Dialect, kept: Kept): string {
  return apply(text, plan(text, dialect, [], kept).edits)
}

interface Wanted {
  readonly name: string
  readonly path: KeyPath
  readonly value: JsonValue | Absent
}

function usable(tree: Tree, paths: readonly string[]): Tree {
  refuse(problemsOf(tree, paths))
  return tree
}

function refuse(found: readonly Problem[]): void {
  if (found.length > 0) throw new UnusableDocument(found)
}

function refuseOverlaps(wanted: readonly Wanted[]): void {
  for (const one of wanted) {
    const other = wanted.find((key) => key !== one && startsWith(key.path, one.path))
    if (other) throw new TypeError(`${other.name} lies within ${one.name}: only one of them can be managed`)
  }
}

function forget(kept: Kept, names: readonly string[]): Kept {
  const keys = Object.entries(kept.keys).filter(([name]) => !names.includes(name))
  const steps = kept.steps.map((step) => ({ ...step, owners: step.owners.filter((owner) => !names.includes(owner)) }))
  return { keys: Object.fromEntries(keys), steps: steps.filter(({ owners }) => owners.length > 0) }
}

/**
 * Changes on top of earlier ones are made where they are, to move nothing. Where that would cost the way back to the
 * bytes from before us, they are made anew from those bytes.
 */
function rebuilt(before: Draft, kept: Kept, work: Work): Work | undefined {
  if (kept.steps.length === 0 || before.text === work.draft.text) return undefined
  const original = unwound(before, kept)
  if (!original || unwound(work.draft, work.kept())?.text === original.text) return undefined
  const anew = new Work(original.fork(), nothingKept, work.wanted)
  anew.run()
  return unwound(anew.draft, anew.kept())?.text === original.text ? anew : undefined
}

/** The last word before anything is written: the keys are as wanted, and nothing else means anything else. */
function confirm(before: Tree, draft: Draft, wanted: readonly Wanted[], keptNames: readonly string[]): void {
  const after = readTree(draft.text, draft.dialect)
  const paths = [...wanted.map(({ path }) => path), ...keptNames.map(parseKeyPath)]
  const wrong = wanted.filter(({ path, value }) => !sameValue(observeTree(after, path), value))
  const isSound = problemsOf(after, []).length === 0 && foreignContent(after, paths) === foreignContent(before, paths)
  if (wrong.length === 0 && isSound) return
  const blamed = wrong.length > 0 ? wrong : wanted
  throw new UnusableDocument(
    blamed.map(({ name, path }) => {
      const offset = locate(before, path).entries.at(-1)?.start ?? 0
      return {
        ...positionOf(before.text, offset),
        text: `${name} cannot be changed here without changing something else`,
      }
    }),
  )
}

/** The changes for a set of keys, one after another on one draft. */
class Work {
  readonly draft: Draft
  readonly wanted: readonly Wanted[]
  private keys: Record<string, KeptKey>
  private steps: readonly Step[]

  constructor(draft: Draft, kept: Kept, wanted: readonly Wanted[]) {
    this.draft = draft
    this.wanted = wanted
    this.keys = { ...kept.keys }
    this.steps = kept.steps
  }

  kept(): Kept {
    return { keys: this.keys, steps: this.steps }
  }

  run(): void {
    for (const key of this.wanted) {
      const live = observeTree(this.draft.tree, key.path)
      if (sameValue(live, key.value)) this.record(key, live)
      else this.converge(key, live)
    }
  }

  private converge(key: Wanted, live: JsonValue | Absent): void {
    const known = this.keys[key.name]
    const inPlace = known && !isAbsent(live) && !isAbsent(key.value) && !isAbsent(known.wrote)
    if (known && !inPlace) {
      const rest = giveBack(this.draft, this.kept(), new Set([key.name]))
      this.steps = rest.steps
      this.keys = rest.keys
      this.record(key, known.previous)
    } else this.record(key, live)
    const { draft } = this
    if (!sameValue(observeTree(draft.tree, key.path), key.value)) this.change(key, key.path, key.value)
  }

  private record({ name, value }: Wanted, previous: JsonValue | Absent): void {
    this.keys[name] = { previous: this.keys[name] ? this.keys[name].previous : previous, wrote: value }
  }

  private change(key: Wanted, path: KeyPath, value: JsonValue | Absent): void {
    const entry = findAt(this.draft.tree, path)
    if (isAbsent(value)) {
      if (entry) this.remove(key, path)
    } else if (!entry) this.add(key, path, value)
    else if (this.canDescend(path, value)) this.descend(key, path, value)
    else this.replace([key.name], path, value)
  }

  /** Whether a map can be changed key by key, so that its comments and the rest of it stay. */
  private canDescend(path: KeyPath, value: JsonValue): boolean {
    const node = locate(this.draft.tree, path).node
    if (node?.kind !== "map" || node.entries.length === 0 || !isMap(value) || Object.keys(value).length === 0)
      return false
    return node.anchor === undefined && node.entries.every(({ name }) => name !== undefined)
  }

  private descend(key: Wanted, path: KeyPath, value: JsonValue): void {
    const live = observeTree(this.draft.tree, path) as { [key: string]: JsonValue }
    const wanted = value as { [key: string]: JsonValue }
    for (const [name, inner] of Object.entries(wanted)) {
      if (!Object.hasOwn(live, name) || !sameValue(live[name] as JsonValue, inner))
        this.change(key, [...path, name], inner)
    }
    for (const name of Object.keys(live)) {
      if (!Object.hasOwn(wanted, name)) this.change(key, [...path, name], absent)
    }
  }

  private replace(owners: readonly string[], path: KeyPath, value: JsonValue): void {
    const known = owners.some((owner) => this.steps.some((step) => step.owners.includes(owner)))
    const before = this.draft.fork()
    const { before: was, after } = changeEntry(this.draft, path, value)
    if (known) this.carry(before)
    else this.steps = [...this.steps, { kind: "changed", owners, path, before: was, after }]
  }

  /** A value of ours was changed in place: the steps that put the text around it there now stand for the new text. */
  private carry(before: Draft): void {
    this.steps = this.steps.map((step) => carried(step, before, this.draft))
  }

  private remove(key: Wanted, path: KeyPath): void {
    const outcome = removeEntry(this.draft, path)
    const step: Step = isRemoved(outcome)
      ? { kind: "removed", owners: [key.name], path, ...outcome }
      : { kind: "changed", owners: [key.name], path: path.slice(0, -1), ...outcome }
    this.steps = [...this.steps, step]
  }

  /** Adds a key, and with it all others that are wanted in the same map or list that is not there yet. */
  private add(key: Wanted, path: KeyPath, value: JsonValue): void {
    const { depth, node } = locate(this.draft.tree, path)
    const fill = node !== undefined && !(isCollection(node) && node.entries.length > 0)
    const at = path.slice(0, fill ? depth : depth + 1)
    const group = path === key.path ? this.missingBelow(at) : [{ ...key, path, value }]
    const owners = group.map(({ name }) => name)
    const parts = group.map((part) => ({ path: part.path.slice(at.length), value: part.value as JsonValue }))
    const built = buildValue(withIdentity(at, parts))
    if (path === key.path) for (const member of group) this.record(member, absent)
    if (fill) this.replaceFilled(owners, at, built)
    else this.steps = [...this.steps, { kind: "added", owners, path: at, ...addEntry(this.draft, at, built) }]
  }

  private replaceFilled(owners: readonly string[], path: KeyPath, value: JsonValue): void {
    this.steps = [...this.steps, { kind: "changed", owners, path, ...changeEntry(this.draft, path, value) }]
  }

  private missingBelow(at: KeyPath): Wanted[] {
    return this.wanted.filter(({ path, value }) => {
      return !isAbsent(value) && startsWith(path, at) && !findAt(this.draft.tree, path)
    })
  }
}

function withIdentity(at: KeyPath, parts: readonly { path: KeyPath; value: JsonValue }[]) {
  const step = at.at(-1)
  if (step === undefined || typeof step === "string") return parts
  const whole = parts.find(({ path }) => path.length === 0)
  if (whole) return [{ path: [], value: isMap(whole.value) ? { [step.by]: step.is, ...whole.value } : whole.value }]
  const given = parts.some(({ path }) => path[0] === step.by)
  return given ? parts : [{ path: [step.by], value: step.is }, ...parts]
}

/** The step as it would be had it been made with the text as it is now. */
function carried(step: Step, before: Draft, after: Draft): Step {
  if (step.kind === "removed") return step
  const text = step.kind === "added" ? step.text : step.after
  const range = rangeOf(step, before)
  if (!range || !before.text.startsWith(text, range.start) || range.end > range.start + text.length) return step
  const tail = before.text.length - (range.start + text.length)
  const end = after.text.length - tail
  const isAround =
    after.text.slice(0, range.start) === before.text.slice(0, range.start) &&
    after.text.slice(end) === before.text.slice(range.start + text.length)
  if (!isAround) return step
  const now = after.text.slice(range.start, end)
  return step.kind === "added" ? { ...step, text: now } : { ...step, after: now }
}

function rangeOf(
  step: Exclude<Step, { kind: "removed" }>,
  { tree }: Draft,
): { start: number; end: number } | undefined {
  const entry = findAt(tree, step.path)
  if (!entry) return undefined
  if (step.kind === "added") return { start: entry.start - step.keyOffset, end: entry.end }
  return { start: entry.key?.end ?? entry.start, end: entry.end }
}
