import { isDeepStrictEqual } from "node:util"

/** Plain values, as Pulumi hands them over. */
export type Properties = Readonly<Record<string, unknown>>

/** What stands for a value that preview cannot know yet (`unknownValue` of @pulumi/pulumi's rpc, seen with 3.270). */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

/** Where Pulumi keeps the serialised provider, between the properties of the resource. */
const providerKey = "__provider"

/** Tells whether something in there, at any depth, is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (value === unknownValue) return true
  if (typeof value !== "object" || value === null) return false
  return Object.values(value).some(hasUnknown)
}

/** Leaves out what Pulumi added. */
export function withoutProvider(properties: Properties): Properties {
  const { [providerKey]: _, ...rest } = properties
  return rest
}

/** An `undefined` anywhere in an answer fails the run after the work is done (`Unexpected struct type.`): none gets out. */
export function toWire(value: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>
}

/**
 * The names of inputs whose values differ, those included that are no longer wanted at all. What the state has besides are
 * `outputs`: they are not ours to compare.
 */
export function changedKeys(state: Properties, wanted: Properties, outputs: readonly string[]): string[] {
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(state)])]
  const inputs = names.filter((key) => key !== providerKey && !outputs.includes(key))
  return inputs.filter((key) => !isDeepStrictEqual(state[key], wanted[key]))
}

/** The same text for the same values, whatever the order of their names: the engine does not keep it. */
export function fingerprint(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
