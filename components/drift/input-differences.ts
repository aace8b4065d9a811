import { isDeepStrictEqual } from "node:util"

/** A place within a resource's inputs where two versions of them differ. */
export interface Difference {
  /** `managed` of a document: the key path in it. Else the path within the inputs: `entry.redirect_uris`. */
  readonly keyPath: string
  /** `undefined`: not there. */
  readonly before: unknown
  readonly after: unknown
}

type Values = Readonly<Record<string, unknown>>

/** Where Pulumi keeps the serialised provider, between the inputs: our own code is nothing that drifts. */
const providerKey = "__provider"

/** What stands for a value that is known only after `up` (`unknownValue` of @pulumi/pulumi's rpc, seen with 3.270). */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

/** Maps are compared key by key, at every depth; lists and all else as a whole. */
export function differences(before: Values, after: Values): Difference[] {
  const { [providerKey]: _, managed, ...rest } = before
  const { [providerKey]: __, managed: managedAfter, ...restAfter } = after
  return [...within([], managed ?? {}, managedAfter ?? {}), ...within([], rest, restAfter)]
}

/** Whether it is known yet what it becomes. */
export function isKnown({ after }: Difference): boolean {
  return !JSON.stringify(after ?? null).includes(unknownValue)
}

function within(path: readonly string[], before: unknown, after: unknown): Difference[] {
  if (isDeepStrictEqual(before, after)) return []
  if (!isMap(before) || !isMap(after)) return [{ keyPath: joined(path), before, after }]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].sort().flatMap((key) => within([...path, key], before[key], after[key]))
}

function isMap(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** The keys of `managed` are key paths already: a first key is taken as it is. */
function joined([first = "", ...rest]: readonly string[]): string {
  return rest.reduce((path, key) => path + (/^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`), first)
}
