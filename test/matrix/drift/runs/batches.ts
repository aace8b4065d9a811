/** What is changed by a hand, as paths: `mas/matrix/endpoint` is within `mas`. */
interface Touching {
  readonly touches: readonly string[]
}

/** Puts together what touches different things, in as few batches as come of taking each where it first fits. */
export function batchesOf<One extends Touching>(hands: readonly One[]): readonly (readonly One[])[] {
  const batches: One[][] = []
  for (const hand of hands) {
    const fitting = batches.find((batch) => batch.every((other) => !meet(hand.touches, other.touches)))
    if (fitting) fitting.push(hand)
    else batches.push([hand])
  }
  return batches
}

function meet(these: readonly string[], those: readonly string[]): boolean {
  return these.some((one) => those.some((other) => isWithin(one, other) || isWithin(other, one)))
}

function isWithin(part: string, whole: string): boolean {
  return `${part}/`.startsWith(`${whole}/`)
}
