import { type JsonValue, sameValue } from "../documents/json-value.ts"
import type { Host } from "../host/host.ts"
import type { DriftItem } from "../report/drift-item.ts"
import type { LeftKey, PlannedChange } from "./managed-file.ts"
import { keyInWords } from "./managed-keys.ts"
import { type BrokenText, describeProblem } from "./usable-text.ts"

/** Name under which a document that cannot be used stands among its keys. */
export const wholeDocument = "(document)"

/** What is wrong with a document, key by key; the first of them carries the whole difference. */
export function driftOfKeys(host: Host, file: string, change: PlannedChange): DriftItem[] {
  const { live, wanted, broken, difference } = change
  const changed = Object.keys(wanted).filter((path) => !sameValue(live[path] ?? null, wanted[path] ?? null))
  const items: DriftItem[] = [
    ...(broken === undefined ? [] : [unusable(describeProblem(broken.problem))]),
    ...changed.map((path) => ({
      kind: "key" as const,
      where: { keyPath: path },
      live: keyInWords(live[path]),
      wanted: keyInWords(wanted[path]),
    })),
  ]
  return items.map((item, nth) => ({
    ...item,
    where: { host: host.name, file, ...item.where },
    ...(nth === 0 && difference !== "" ? { diff: difference } : {}),
  }))
}

function unusable(problem: string): DriftItem {
  return { kind: "key", where: { keyPath: wholeDocument }, live: `cannot be used: ${problem}`, wanted: "can be used" }
}

/** A change of a document in lines for people, besides its difference. */
export function sayWhatElse(file: string, { broken, left, live }: PlannedChange): string[] {
  return [
    ...(broken === undefined ? [] : [sayMending(file, broken)]),
    ...left.map((key) => `${file}: ${key.path} is no longer ours${whyLeft(key, live[key.path])}`),
  ]
}

/** It is not given back, since somebody changed it after us: to another value, by taking it out, or what it stood in. */
function whyLeft({ hasNoPlace }: LeftKey, live: JsonValue | undefined): string {
  if (hasNoPlace) return ", and does not come back: what it stood in is gone"
  if (keyInWords(live) === keyInWords(undefined)) return ", and somebody took it out already: it stays out"
  return ", and stays: somebody changed it after us"
}

function sayMending(file: string, { problem, takenBack, knownSince }: BrokenText): string {
  const which = takenBack.length === 1 ? `line ${takenBack[0]} is` : `lines ${takenBack.join(", ")} are`
  const since = knownSince.toISOString().slice(0, 16).replace("T", " ")
  return `${file} cannot be used (${describeProblem(problem)}): ${which} taken back to what stood there on ${since} UTC; all else stays`
}
