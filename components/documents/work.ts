import { addEntry, buildValue } from "./add-entry.ts"
import { changeEntry } from "./change-entry.ts"
import type { Draft } from "./draft.ts"
import { type Absent, absent, isAbsent, isMap, type JsonValue, sameValue } from "./json-value.ts"
import type { Kept, KeptKey, Step } from "./kept.ts"
import { type KeyPath, startsWith } from "./key-path.ts"
import { findAt, isCollection, locate } from "./locate.ts"
import { observeTree } from "./observe.ts"
import { isRemoved, removeEntry } from "./remove-entry.ts"
import { giveBack } from "./take-back.ts"

/** A managed key with its path taken apart. */
export interface Wanted {
  readonly name: string
  readonly path: KeyPath
  readonly value: JsonValue | Absent
}

/** The changes for a set of keys, one after another on one draft. */
export class Work {
  readonly draft: Draft
  readonly wanted: readonly Wanted[]
  private keys: ReadonlyMap<string, KeptKey>
  private steps: readonly Step[]

  constructor(draft: Draft, kept: Kept, wanted: readonly Wanted[]) {
    this.draft = draft
    this.wanted = wanted
    this.keys = new Map(Object.entries(kept.keys))
    this.steps = kept.steps
  }

  kept(): Kept {
    return { keys: Object.fromEntries(this.keys), steps: this.steps }
  }

  run(): void {
    for (const key of this.wanted) {
      const live = observeTree(this.draft.tree, key.path)
      if (sameValue(live, key.value)) this.record(key, live)
      else this.converge(key, live)
    }
  }

  private converge(key: Wanted, live: JsonValue | Absent): void {
    const known = this.keys.get(key.name)
    const inPlace = known && !isAbsent(live) && !isAbsent(key.value) && !isAbsent(known.wrote)
    if (known && !inPlace) {
      const rest = giveBack(this.draft, this.kept(), new Set([key.name]))
      this.steps = rest.steps
      this.keys = new Map(Object.entries(rest.keys))
      this.record(key, known.previous)
    } else this.record(key, live)
    const { draft } = this
    if (!sameValue(observeTree(draft.tree, key.path), key.value)) this.change(key, key.path, key.value)
  }

  private record({ name, value }: Wanted, previous: JsonValue | Absent): void {
    const known = this.keys.get(name)
    this.keys = new Map(this.keys).set(name, { previous: known ? known.previous : previous, wrote: value })
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
    const known = owners.some((owner) => this.isOurs(owner, path))
    const before = this.draft.fork()
    const { before: was, after } = changeEntry(this.draft, path, value)
    if (known) this.carry(before)
    else this.steps = [...this.steps, { kind: "changed", owners, path, before: was, after }]
  }

  /** Whether what stands at a path was put there by us, by a step that stands for it. */
  private isOurs(owner: string, path: KeyPath): boolean {
    return this.steps.some((step) => {
      return step.kind !== "removed" && step.owners.includes(owner) && startsWith(path, step.path)
    })
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
