export interface Distribution {
  readonly median: number
  /** Nine of ten are no larger. */
  readonly p90: number
  readonly max: number
}

/** By nearest rank, so that each figure is one of the values. Of nothing, all are 0. */
export function distributionOf(values: readonly number[]): Distribution {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { median: at(0.5), p90: at(0.9), max: at(1) }
}
