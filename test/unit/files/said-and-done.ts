import assert from "node:assert/strict"
import { applyPatch } from "diff"
import type { Dialect } from "../../../components/documents/dialects.ts"
import { type Absent, absent, isAbsent, type JsonValue, sameValue } from "../../../components/documents/json-value.ts"
import { observe } from "../../../components/documents/managed-keys.ts"
import { keyInWords } from "../../../components/files/managed-keys.ts"

/** A run that had a plan: what was said of a document beforehand, and what became of it. */
export interface SaidAndDone {
  readonly file: string
  readonly dialect: Dialect
  readonly plan: readonly string[]
  readonly before: string
  readonly after: string
  /** What stood at those that were managed until then, before they were. */
  readonly previous: Readonly<Record<string, JsonValue | Absent>>
  /** Every key that was managed until then, or is from then on. */
  readonly paths: readonly string[]
  /** Those that are wanted no longer. */
  readonly givenBack: readonly string[]
  /** Their values are not shown, and neither is the whole change. */
  readonly secrets?: readonly string[]
}

/** What was said of a key, and how it was and is. */
interface Told {
  readonly said: readonly string[]
  readonly was: JsonValue | Absent
  readonly is: JsonValue | Absent
}

/** Compares the two: each change is said, with its values, and nothing is said that does not come about. */
export function demandSaidIsDone(run: SaidAndDone): void {
  const { file, plan, before, after, dialect, paths } = run
  const [was, is] = [observe(before, dialect, paths), observe(after, dialect, paths)]
  const lines = plan.filter((line) => line.startsWith(`${file}: `)).map((line) => line.slice(file.length + 2))
  for (const path of paths) {
    const said = lines.filter((line) => line.startsWith(`${path}: `) || line.startsWith(`${path} is no longer ours`))
    demandOfKey(run, path, { said, was: was[path] ?? absent, is: is[path] ?? absent })
  }
  const known = lines.filter((line) =>
    paths.some((path) => line.startsWith(`${path}: `) || line.startsWith(`${path} `)),
  )
  assert.deepEqual(lines, known, "something is said of keys that nobody manages")
  demandOfText(run)
}

function demandOfKey({ previous, givenBack, secrets = [] }: SaidAndDone, path: string, { said, was, is }: Told) {
  const isChanged = !same(was, is)
  const words = secrets.includes(path) ? undefined : `${path}: ${inWords(was)} → ${inWords(is)}`
  const changes = said.filter((line) => line.includes(" → "))
  assert.equal(changes.length, isChanged ? 1 : 0, `${path}: ${inWords(was)} → ${inWords(is)}, said: ${said.join("; ")}`)
  if (isChanged && words !== undefined) assert.equal(changes[0], words)
  const left = said.filter((line) => line.includes("is no longer ours"))
  const isBack = same(is, previous[path] ?? absent)
  if (givenBack.includes(path) && !isBack) assert.equal(left.length, 1, `${path} stays as it is, unsaid`)
  if (left.length === 0) return
  assert.ok(!isChanged, `${path} does not stay as it is: ${left[0]}`)
  const whyGone = /somebody took it out already: it stays out|does not come back: what it stood in is gone/
  assert.match(left[0] ?? "", isAbsent(is) ? whyGone : /, and stays: somebody changed it after us$/)
}

/** The difference leads from the one text to the other, and is said where there is one. */
function demandOfText({ plan, before, after, secrets = [] }: SaidAndDone) {
  const differences = plan.filter((line) => line.startsWith("--- "))
  assert.equal(differences.length, before === after ? 0 : 1, plan.join("\n"))
  if (differences.length === 1 && secrets.length === 0) assert.equal(applyPatch(before, `${differences[0]}\n`), after)
}

function same(one: JsonValue | Absent, other: JsonValue | Absent): boolean {
  if (isAbsent(one) || isAbsent(other)) return isAbsent(one) === isAbsent(other)
  return sameValue(one, other)
}

function inWords(value: JsonValue | Absent): string {
  return keyInWords(isAbsent(value) ? undefined : value)
}
