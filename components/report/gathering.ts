import { Refusal, type RefusalParts, renderRefusal } from "./refusal.ts"

/** Several refusals, shown together so that nobody mends one only to meet the next. Never of none. */
export class GatheredRefusals extends Error {
  override readonly name = "GatheredRefusals"
  readonly refusals: readonly Refusal[]

  constructor(refusals: readonly Refusal[]) {
    super(renderGathered(refusals))
    this.refusals = refusals
  }
}

/** Collects what is refused, and throws all of it at the end. */
export class RefusalList {
  readonly #refusals: Refusal[] = []

  get refusals(): readonly Refusal[] {
    return this.#refusals
  }

  add(refusal: Refusal | RefusalParts): void {
    this.#refusals.push(refusal instanceof Refusal ? refusal : new Refusal(refusal))
  }

  /** Runs it; what it refuses is added, and `undefined` comes back. Any other error goes on. */
  async attempt<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof Refusal) this.add(error)
      else if (error instanceof GatheredRefusals) for (const one of error.refusals) this.add(one)
      else throw error
      return undefined
    }
  }

  /** Throws nothing, the one `Refusal`, or `GatheredRefusals`. */
  throwIfAny(): void {
    const [first, ...others] = this.#refusals
    if (first === undefined) return
    throw others.length === 0 ? first : new GatheredRefusals(this.#refusals)
  }
}

/** Numbered; a sentence that all of them share is said once, at the end, and a next step that neighbours share after the last of them. */
function renderGathered(refusals: readonly Refusal[]): string {
  const codes = new Set(refusals.map(({ code }) => code))
  const shared = (["meaning", "next"] as const).filter((part) => new Set(refusals.map((one) => one[part])).size === 1)
  const [first] = refusals
  return [
    `${refusals.length} things are refused (${[...codes].join(", ")}).`,
    ...refusals.map((refusal, index) => {
      const isSaidLater = refusals[index + 1]?.next === refusal.next
      return numbered(index + 1, renderRefusal(refusal, isSaidLater ? [...shared, "next"] : shared))
    }),
    ...(first && shared.includes("meaning") ? [`Meaning: ${first.meaning}`] : []),
    ...(first && shared.includes("next") ? [`Next: ${first.next}`] : []),
  ].join("\n")
}

function numbered(number: number, text: string): string {
  const mark = `${number}. `
  return mark + text.replaceAll("\n", `\n${" ".repeat(mark.length)}`)
}
