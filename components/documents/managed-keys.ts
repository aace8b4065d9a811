import type { Dialect } from "./dialects.ts"
import { apply, Draft, type Edit } from "./draft.ts"
import { foreignContent } from "./foreign.ts"
import { type Absent, type JsonValue, sameValue } from "./json-value.ts"
import { type Kept, nothingKept } from "./kept.ts"
import { type KeyPath, parseKeyPath, startsWith } from "./key-path.ts"
import { findAt, isCollection, locate } from "./locate.ts"
import { observeTree } from "./observe.ts"
import { type Problem, positionOf, problemsOf, problemsOnTheWay, UnusableDocument } from "./problems.ts"
import { readTree } from "./read-tree.ts"
import { changedByOthers, giveBack, unwound } from "./take-back.ts"
import type { Tree, TreeNode } from "./tree.ts"
import { type Wanted, Work } from "./work.ts"

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
  const ours = dropped.filter((name) => !theirs.has(name))
  const ground = giveBack(draft, forget(kept, left), new Set(ours))
  refuse(
    problemsOnTheWay(
      draft.tree,
      keys.map(({ path }) => path),
    ),
  )
  const work = new Work(draft, ground, wanted)
  work.run()
  const isAsBefore = dropped.length === 0 && draft.text === text
  const best = (left.length === 0 && !isAsBefore && rebuilt(new Draft(text, dialect), kept, work)) || work
  const given = ours.map((name) => ({ name, path: parseKeyPath(name), value: kept.keys[name]?.previous ?? null }))
  const alone = given.filter(({ path }) => !wanted.some((key) => overlap(key.path, path)))
  const expected = [...wanted, ...alone.filter(({ path }) => !hasAlias(best.draft.tree, path))]
  const before = readTree(text, dialect)
  confirm(before, best.draft, expected, Object.keys(kept.keys))
  if (kept.steps.length === 0 && best.draft.text !== text) confirmWayBack(before, best)
  return { edits: best.draft.edits(), kept: best.kept(), left }
}

/**
 * The text with all given back that is still as we wrote it. What somebody changed since stays theirs.
 * @throws {UnusableDocument}
 */
export function restore(text: string, dialect: Dialect, kept: Kept): string {
  return apply(text, plan(text, dialect, [], kept).edits)
}

function usable(tree: Tree, paths: readonly string[]): Tree {
  refuse(problemsOf(tree, paths))
  return tree
}

function refuse(found: readonly Problem[]): void {
  if (found.length > 0) throw new UnusableDocument(found)
}

/** Whether a value depends on an anchor somewhere else, where others may have changed it. */
function hasAlias(tree: Tree, path: KeyPath): boolean {
  const within = (node: TreeNode): boolean => {
    return node.kind === "alias" || (isCollection(node) && node.entries.some(({ value }) => within(value)))
  }
  const entry = findAt(tree, path)
  return entry !== undefined && within(entry.value)
}

function overlap(one: KeyPath, other: KeyPath): boolean {
  return startsWith(one, other) || startsWith(other, one)
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
  if (kept.steps.length === 0) return undefined
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
  refuse(unsafe(before, wrong.length > 0 ? wrong : wanted, "changed here without changing something else"))
}

/** Nor is anything written for the first time that could not be taken back to the byte. */
function confirmWayBack(before: Tree, work: Work): void {
  if (unwound(work.draft, work.kept())?.text !== before.text)
    refuse(unsafe(before, work.wanted, "given back to the byte afterwards"))
}

function unsafe(before: Tree, keys: readonly Wanted[], what: string): Problem[] {
  return keys.map(({ name, path }) => {
    const offset = locate(before, path).entries.at(-1)?.start ?? 0
    return { ...positionOf(before.text, offset), text: `${name} cannot be ${what}` }
  })
}
