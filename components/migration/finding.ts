/** Something that the look ahead looks for: what a migration would stumble over, or what people should know of first. */
export interface PreFlightKind {
  /** By which config acknowledges it; where syn2mas warns of the same, it is the same name. */
  readonly name: string
  /**
   * `error`: the migration would fail, or Synapse not serve after it. `warning`: stops the cutover until it is
   * acknowledged with its very count. `note`: worth knowing, and stops nothing.
   */
  readonly severity: "error" | "warning" | "note"
  readonly meaning: string
  readonly next: string
}

/** What was found of one kind. */
export interface Finding {
  readonly kind: PreFlightKind
  readonly count: number
  /** The first ten, sorted. */
  readonly first: readonly string[]
}

const shownAtMost = 10

/** A finding of these; none where there are none. */
export function findingOf(kind: PreFlightKind, which: readonly string[]): readonly Finding[] {
  return which.length === 0 ? [] : [{ kind, count: which.length, first: which.toSorted().slice(0, shownAtMost) }]
}

/** Those that stop a cutover: errors, and warnings that config has not acknowledged with their very count. */
export function blocking(
  findings: readonly Finding[],
  acknowledged: Readonly<Record<string, number>>,
): readonly Finding[] {
  return findings.filter(
    ({ kind, count }) =>
      kind.severity === "error" || (kind.severity === "warning" && acknowledged[kind.name] !== count),
  )
}

/** A finding as people read it. */
export function describeFinding({ kind, count, first }: Finding): string {
  const rest = count > first.length ? ` and ${count - first.length} more` : ""
  return `${kind.name} (${count}): ${kind.meaning}. Which: ${first.join(", ")}${rest}. Next: ${kind.next}`
}
