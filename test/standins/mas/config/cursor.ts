import { parseUlid } from "../ulid.ts"
import { ConfigError } from "./error.ts"
import { describe, emptyTree, type Tree, toPlain } from "./tree.ts"
import { parseUrl } from "./url.ts"

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

  /** The value at a key, if there is one. An explicit null counts as none. */
  at(key: string): Cursor | undefined {
    if (this.tree.kind !== "map") throw this.mismatch("a map")
    const child = this.tree.entries.get(key)
    if (child === undefined || (child.kind === "scalar" && child.value === null)) return undefined
    return new Cursor(child, [...this.path, key])
  }

  required(key: string): Cursor {
    const found = this.at(key)
    if (!found) throw this.refusal(`missing field \`${key}\``)
    return found
  }

  /** A section that may be left out: then everything in it has its default. */
  section(key: string): Cursor {
    return this.at(key) ?? new Cursor({ ...emptyTree, source: this.tree.source }, [...this.path, key])
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

  /** A whole number from zero up to `max`; `type` is what MAS calls it. */
  integer(type: "u8" | "u16" | "u32" | "u64" | "i64" = "u64"): number {
    const value = this.tree.kind === "scalar" ? this.tree.value : null
    const max = { u8: 255, u16: 65535, u32: 4294967295, u64: Number.MAX_SAFE_INTEGER, i64: Number.MAX_SAFE_INTEGER }[
      type
    ]
    if (typeof value === "number" && Number.isInteger(value) && value <= max && (value >= 0 || type === "i64"))
      return value
    throw this.mismatch(type)
  }

  number(): number {
    if (this.tree.kind === "scalar" && typeof this.tree.value === "number") return this.tree.value
    throw this.mismatch("f64")
  }

  variant<const Name extends string>(names: readonly Name[]): Name {
    const found = this.string()
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
    const parsed = parseUrl(this.string())
    if ("mistake" in parsed) throw this.refusal(`${parsed.mistake}: ${JSON.stringify(this.string())}`)
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

  mismatch(expected: string): ConfigError {
    return this.refusal(`invalid type: found ${describe(this.tree)}, expected ${expected}`)
  }
}
