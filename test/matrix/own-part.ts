/**
 * The part of a long list that this process plays: `MATRIX_PART` says which (`2/12`, the second of twelve), `MATRIX_ONLY` leaves what
 * has this text in its name. Without either it is the whole list.
 */
export function ownPart<One>(list: readonly One[], nameOf: (one: One) => string): readonly One[] {
  const only = process.env.MATRIX_ONLY ?? ""
  return partOf(
    list.filter((one) => nameOf(one).includes(only)),
    process.env.MATRIX_PART ?? "1/1",
  )
}

/** Parts are of nearly equal length, in the order of the list, and together they are the list. */
export function partOf<One>(list: readonly One[], part: string): readonly One[] {
  const [nth = 1, count = 1] = part.split("/").map(Number)
  return list.slice(Math.round(((nth - 1) * list.length) / count), Math.round((nth * list.length) / count))
}
