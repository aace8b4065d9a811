import { parseUlid } from "../ulid.ts"
import { ConfigError } from "./error.ts"
import { describe, emptyTree, type Tree, toPlain } from "./tree.ts"
import { parseUrl } from "./url.ts"

/** MAS's kinds of whole numbers, with the least and the greatest that they take. */
const integers = {
  u8: [0, 255],
  u16: [0, 65535],
  u32: [0, 4294967295],
  "a nonzero u32": [1, 4294967295],
  u64: [0, Number.MAX_SAFE_INTEGER],
  i64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
} as const

/**
 * Reads typed values out of the merged configuration and refuses, with MAS's sentence, what does not fit. Unknown keys
 * pass unnoticed at every level, as they do with MAS.
 */
export class Cursor {
  readonly tree: Tree
  readonly path: readonly string[]

  constructor(tree: Tree, path: readonly string[] = []) {
    this.tree = tree
    this.path = path
  }

  /** The value of a key that may be without one: a null counts as none. */
  at(key: string): Cursor | undefined {
    const found = this.given(key)
    return found?.tree.kind === "scalar" && found.tree.value === null ? undefined : found
  }

  /**
   * The value of a key that has a default: the default is for a key that is not there. A key with nothing after it has a
   * null, which no type takes (seen with MAS 1.22.0).
   */
  given(key: string): Cursor | undefined {
    if (this.tree.kind !== "map") throw this.mismatch("a map")
    const child = this.tree.entries.get(key)
    return child && new Cursor(child, [...this.path, key])
  }

  required(key: string): Cursor {
    const found = this.given(key)
    if (!found) throw this.refusal(`missing field \`${key}\``)
    return found
  }

  /** A section that may be left out: then everything in it has its default. `type` is what MAS calls it. */
  section(key: string, type: string): Cursor {
    const left = { ...emptyTree, source: this.tree.source }
    return this.given(key)?.struct(type) ?? new Cursor(left, [...this.path, key])
  }

  struct(type: string): Cursor {
    if (this.tree.kind === "map") return this
    throw this.mismatch(`struct ${type}`)
  }

  keys(): string[] {
    return this.tree.kind === "map" ? [...this.tree.entries.keys()] : []
  }

  items(): Cursor[] {
    if (this.tree.kind !== "list") throw this.mismatch("a sequence")
    return this.tree.items.map((item, index) => new Cursor(item, [...this.path, String(index)]))
  }

  string(): string {
    if (this.tree.kind === "scalar" && typeof this.tree.value === "string") return this.tree.value
    throw this.mismatch("a string")
  }

  boolean(): boolean {
    if (this.tree.kind === "scalar" && typeof this.tree.value === "boolean") return this.tree.value
    throw this.mismatch("a boolean")
  }

  integer(type: keyof typeof integers = "u64"): number {
    const value = this.tree.kind === "scalar" ? this.tree.value : null
    const [min, max] = integers[type]
    if (typeof value !== "number" || !Number.isInteger(value)) throw this.mismatch(type)
    if (value >= min && value <= max) return value
    throw this.refusal(`invalid value ${describe(this.tree)}, expected ${type}`)
  }

  number(): number {
    if (this.tree.kind === "scalar" && typeof this.tree.value === "number") return this.tree.value
    throw this.mismatch("f64")
  }

  /** One of some words; `type` is what MAS calls the choice. */
  variant<const Name extends string>(type: string, names: readonly Name[]): Name {
    if (this.tree.kind !== "scalar" || typeof this.tree.value !== "string") throw this.mismatch(`enum ${type}`)
    const found = this.tree.value
    const known = names.find((name) => name === found)
    if (known !== undefined) return known
    const expected = `one of ${names.map((name) => `\`${name}\``).join(", ")}`
    throw this.refusal(`unknown variant: found \`${found}\`, expected \`${expected}\``)
  }

  /** A ULID in upper case. */
  ulid(): string {
    const parsed = parseUlid(this.string())
    if ("mistake" in parsed) throw this.refusal(parsed.mistake)
    return parsed.ulid
  }

  /** A URL as WHATWG serialises it, which is how MAS keeps it. */
  url(): string {
    if (this.tree.kind !== "scalar" || typeof this.tree.value !== "string") {
      throw this.mismatch("a string representing an URL")
    }
    const parsed = parseUrl(this.tree.value)
    if ("mistake" in parsed) throw this.refusal(`${parsed.mistake}: ${JSON.stringify(this.tree.value)}`)
    return parsed.href
  }

  plain(): unknown {
    return toPlain(this.tree)
  }

  /** MAS's sentence about this very value. At the root there is no key to name. */
  refusal(message: string, below: readonly string[] = []): ConfigError {
    const path = [...this.path, ...below]
    if (path.length === 0) return new ConfigError(message)
    const where = this.tree.source ? ` in ${this.tree.source}` : ""
    return new ConfigError(`${message} for key "default.${path.join(".")}"${where}`)
  }

  /** The same about a value of another type than `expected`. */
  mismatch(expected: string): ConfigError {
    return this.refusal(`invalid type: found ${describe(this.tree)}, expected ${expected}`)
  }
}
