import type { TestContext } from "node:test"
import { type JsonValue, sameValue } from "../../../components/documents/json-value.ts"
import { UnusableDocument } from "../../../components/documents/problems.ts"
import { propertyRuns } from "../property-runs.ts"

/** How many generated documents are tried: `PROPERTY_FACTOR` asks for more. */
export const runs = propertyRuns(300)

/** What came of a document: its own reader is the judge. */
export type Outcome = "agreed" | "refused by both" | "refused by us"

/** How often each came up. A test that saw only refusals has shown nothing. */
export class Outcomes {
  private readonly counts = new Map<Outcome, number>()

  add(outcome: Outcome): void {
    this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1)
  }

  get(outcome: Outcome): number {
    return this.counts.get(outcome) ?? 0
  }

  report(t: TestContext): void {
    t.diagnostic([...this.counts].map(([outcome, count]) => `${outcome}: ${count}`).join(", "))
  }
}

/** The value, or `undefined` where we refuse by name; anything else that is thrown is a fault of ours. */
export function ours<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof UnusableDocument)) throw error
    const named = error.problems.every(({ line, column, text }) => line > 0 && column > 0 && text !== "")
    if (!named || error.problems.length === 0) throw new Error("a refusal without a place")
    return undefined
  }
}

/** What the judge reads, or `undefined` where it refuses. */
export async function theirs(read: () => Promise<JsonValue>): Promise<JsonValue | undefined> {
  return read().then(
    (value) => value ?? {},
    () => undefined,
  )
}

/** Values that JSON cannot say, by kind only. */
export function plainly(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(plainly)
  if (typeof value === "number" && !Number.isFinite(value)) return { $yaml: "float" }
  if (typeof value !== "object" || value === null) return value
  if (Object.hasOwn(value, "$yaml")) return { $yaml: (value as { [key: string]: JsonValue }).$yaml ?? null }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainly(inner)]))
}

/** Throws unless what we read, if anything, is what the judge reads. */
export function compared(text: string, us: JsonValue | undefined, them: JsonValue | undefined): Outcome {
  if (us === undefined) return them === undefined ? "refused by both" : "refused by us"
  const shown = JSON.stringify(text)
  if (them === undefined) throw new Error(`we read what its reader refuses: ${shown}`)
  if (sameValue(plainly(us), plainly(them))) return "agreed"
  throw new Error(`${shown}\nis read by us as ${JSON.stringify(us)}\nby its reader as ${JSON.stringify(them)}`)
}
