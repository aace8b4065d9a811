import assert from "node:assert/strict"

/** What must stand where the recording has a name that no value was given yet. Any other name takes what it finds. */
const shapes: Readonly<Record<string, (value: unknown) => boolean>> = {
  "<now>": (value) => Math.abs(Number(value) - Date.now() / 1000) < 30,
  "<in 300 s>": (value) => Math.abs(Number(value) - 300 - Date.now() / 1000) < 30,
  "<up to 300>": (value) => Number(value) > 270 && Number(value) <= 300,
  "<ulid>": (value) => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(String(value)),
  "<version>": (value) => typeof value === "string" && value !== "",
  "<32 characters>": (value) => /^[A-Za-z0-9]{32}$/.test(String(value)),
  "<6 characters>": (value) => /^[A-Z0-9]{6}$/.test(String(value)),
}

const kept: readonly (readonly [RegExp, RegExp])[] = [
  [/^<(compat|refreshable|refreshed)-token>$/, /^mct_[A-Za-z0-9]{30}_[A-Za-z0-9]{6}$/],
  [/^<(next-)?refresh-token>$/, /^mcr_[A-Za-z0-9]{30}_[A-Za-z0-9]{6}$/],
  [/^<(admin-token|oauth-access_token-2)>$/, /^mat_[A-Za-z0-9]{30}_[A-Za-z0-9]{6}$/],
  [/^<oauth-refresh_token-2>$/, /^mar_[A-Za-z0-9]{30}_[A-Za-z0-9]{6}$/],
  [/^<\w+-device>$/, /^[A-Za-z0-9]{10}$/],
]

/** The values that the names of a recording stand for in this run: some known before, the others learnt from answers. */
export class Names {
  readonly #values: Map<string, string>

  constructor(known: Readonly<Record<string, string>>) {
    this.#values = new Map(Object.entries(known))
  }

  /** The text with every name in it that has a value replaced by it. */
  fill(text: string): string {
    return text.replace(/<[^<>]+>/g, (name) => this.#values.get(name) ?? name)
  }

  /** Holds `found` against `recorded`, and learns the names it meets for the first time. @throws AssertionError */
  match(found: unknown, recorded: unknown): void {
    assert.deepEqual(this.#inWordsOf(found, recorded), recorded)
  }

  /** `found` with names in the places where the recording has names that fit. */
  #inWordsOf(found: unknown, recorded: unknown): unknown {
    if (typeof recorded === "string") return this.#named(found, recorded)
    if (Array.isArray(recorded) && Array.isArray(found)) {
      return found.map((item: unknown, index) => this.#inWordsOf(item, recorded[index]))
    }
    if (!isRecord(recorded) || !isRecord(found)) return found
    return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, this.#inWordsOf(value, recorded[key])]))
  }

  #named(found: unknown, recorded: string): unknown {
    const [, before = "", name, after = ""] = /^(.*?)(<[^<>]+>)(.*)$/.exec(recorded) ?? []
    if (name === undefined) return found
    const text = String(found)
    if (!text.startsWith(before) || !text.endsWith(after)) return found
    const value = text.slice(before.length, text.length - after.length)
    return this.#fits(name, value) ? recorded : found
  }

  #fits(name: string, value: string): boolean {
    const known = this.#values.get(name)
    if (known !== undefined) return known === value
    const shape = shapes[name]
    if (shape) return shape(value)
    if (!kept.every(([names, values]) => !names.test(name) || values.test(value))) return false
    this.#values.set(name, value)
    return true
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
