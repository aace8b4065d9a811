/** Choices made by a list of numbers, one after another; the first choice where the list has ended. */
export class Choices {
  private readonly numbers: readonly number[]
  private used = 0
  private keys = 0
  private readonly anchors: string[] = []
  private readonly open: string[] = []

  constructor(numbers: readonly number[]) {
    this.numbers = numbers
  }

  /** From 0, and less than `limit`. */
  below(limit: number): number {
    const number = this.numbers[this.used++] ?? 0
    return limit > 0 ? number % limit : 0
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }

  /** True once in so many times. */
  chance(times: number): boolean {
    return this.below(times) === times - 1
  }

  /** The first one, but once in so many times any of them. */
  rarely<T>(times: number, from: readonly T[]): T {
    return this.chance(times) ? this.pick(from) : (from[0] as T)
  }

  count(): number {
    return this.keys++
  }

  /** A new anchor's name, rarely one that is taken. */
  anchor(): string {
    if (this.anchors.length > 0 && this.chance(20)) return this.pick(this.anchors)
    const name = this.rarely(20, [`a${this.anchors.length + this.open.length}`, "x.y", "é", "a:", "a,", "*"])
    this.open.push(name)
    return name
  }

  /** The values of all anchors so far are complete: what comes may be an alias of them. */
  complete(): void {
    this.anchors.push(...this.open.splice(0))
  }

  /** Whether there is anything to be an alias of; rarely said without. */
  get hasAnchors(): boolean {
    return this.anchors.length > 0 || this.chance(80)
  }

  /** The name of an anchor that was given, rarely of none. */
  alias(): string {
    if (this.open.length > 0 && this.chance(60)) return this.pick(this.open)
    if (this.anchors.length === 0 || this.chance(40)) return "a0"
    return this.pick(this.anchors.toReversed())
  }
}
