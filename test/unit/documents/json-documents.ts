import fc from "fast-check"
import type { JsonValue } from "../../../components/documents/json-value.ts"
import type { Written } from "./yaml-documents.ts"

/** Any JSON whose root is a map: minified, spaced out, indented by spaces or tabs, with or without a last line break. */
export function jsonDocument(): fc.Arbitrary<Written> {
  const key = fc.oneof(
    fc.constantFrom("m.homeserver", "base_url", "a", "b", "features", "https://a.example/"),
    fc.string({ unit: "binary" }),
  )
  const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.oneof(
        fc.constant(null),
        fc.boolean(),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.string({ unit: "binary" }),
      ),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(key, tie("value"), { maxKeys: 4 }),
    ),
  }))
  return fc
    .record({
      root: fc.dictionary(key, value, { maxKeys: 5 }),
      indent: fc.constantFrom("", "  ", "    ", "\t"),
      spaced: fc.boolean(),
      crlf: fc.boolean(),
      around: fc.constantFrom(["", ""], ["", "\n"], ["\n ", "\n\n"], ["", ""]),
    })
    .map(({ root, indent, spaced, crlf, around: [before, after] }) => {
      const body = indent === "" && spaced ? respaced(root) : JSON.stringify(root, null, indent)
      const text = crlf ? `${before}${body}${after}`.replaceAll("\n", "\r\n") : `${before}${body}${after}`
      return { text, ...paths(root, []), comments: [], words: [] }
    })
}

/** On one line, as many tools write it: `{"a": 1, "b": [2, 3]}`. */
function respaced(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(respaced).join(", ")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}: ${respaced(inner)}`)
    .join(", ")}}`
}

function paths(value: JsonValue, at: readonly string[]): Pick<Written, "maps" | "keys"> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { maps: [], keys: [] }
  const inner = Object.entries(value).map(([key, below]) => ({ path: [...at, key], ...paths(below, [...at, key]) }))
  return {
    maps: [at, ...inner.flatMap(({ maps }) => maps)],
    keys: inner.flatMap(({ path, keys }) => [path, ...keys]),
  }
}
