import type { DriftItem } from "../report/drift-item.ts"
import type { Place } from "../report/refusal.ts"
import type { Step } from "./engine-event.ts"
import { type Difference, differences, isKnown } from "./input-differences.ts"

/** What the engine alone knows of a step: the inputs old and new. For resources that tell nothing of themselves. */
export function itemsOfStep(step: Step): DriftItem[] {
  const kind = step.type.startsWith("docker:") ? "running" : "key"
  const where = placeOf(step)
  if (step.op === "create") return [{ kind, where, live: "(absent)", wanted: "(there)" }]
  if (step.op === "delete") return [{ kind, where, live: "(there)", wanted: "(absent)" }]
  const all = differences(step.old?.inputs ?? {}, step.new?.inputs ?? {})
  if (all.length === 0) return [{ kind: "secret", where: hiddenAt(step, where), live: covered, wanted: another }]
  return all.map((difference) => itemOf(difference, kind, where))
}

const covered = "[secret]"
const another = "[secret], another one"

function itemOf(difference: Difference, kind: DriftItem["kind"], where: Place): DriftItem {
  const wanted = isKnown(difference) ? inWords(difference.after) : "(known after `pulumi up`)"
  return { kind, where: { ...where, keyPath: difference.keyPath }, live: inWords(difference.before), wanted }
}

/** Secrets all look the same in the log of events: where there is just one, that is the one. */
function hiddenAt({ new: after }: Step, where: Place): Place {
  const hidden = Object.entries(after?.inputs ?? {}).filter(([, value]) => value === covered)
  return hidden.length === 1 ? { ...where, keyPath: hidden[0]?.[0] ?? "" } : where
}

/** Our resources over a file call it so; containers have a name. */
function placeOf({ type, old: before, new: after }: Step): Place {
  const { file, name } = { ...before?.inputs, ...after?.inputs }
  if (typeof file === "string") return { file }
  return type === "docker:index/container:Container" && typeof name === "string" ? { container: name } : {}
}

function inWords(value: unknown): string {
  if (value === undefined) return "(absent)"
  return typeof value === "string" ? value : JSON.stringify(value)
}
