/** What JSON can say; what managed keys hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/**
 * Stands for "no such key". It is plain JSON, so that it survives Pulumi's state; the price is that a map of just this
 * one key cannot be written as a value.
 */
export const absent = Object.freeze({ $absent: true }) as { readonly $absent: true }

export type Absent = typeof absent

export function isAbsent(value: unknown): value is Absent {
  return isMap(value) && value.$absent === true && Object.keys(value).length === 1
}

export function isMap(value: unknown): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

export function isList(value: unknown): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** Whether two values say the same. The order of a map's keys does not count, nor does the sign of zero. */
export function sameValue(one: JsonValue, other: JsonValue): boolean {
  if (isList(one) || isList(other)) {
    return (
      isList(one) &&
      isList(other) &&
      one.length === other.length &&
      one.every((v, i) => sameValue(v, other[i] as JsonValue))
    )
  }
  if (!isMap(one) || !isMap(other)) return one === other
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  return keys.every((key) => Object.hasOwn(other, key) && sameValue(one[key] as JsonValue, other[key] as JsonValue))
}
