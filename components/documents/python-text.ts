import type { JsonValue } from "./json-value.ts"
import { meaningOf } from "./meaning.ts"
import { problemsOf, UnusableDocument } from "./problems.ts"
import { readTree } from "./read-tree.ts"
import type { Entry, Leaf, TreeNode } from "./tree.ts"

/**
 * A document of YAML 1.1 in which each plain value is the text that Python makes of it (`str()`): a password that is typed
 * as a number or a date goes to the database like that. What has no such text that we know for certain (a time with its
 * hours, an infinity) stays the map of `$yaml` and `text` that `parseDocument` has.
 * @throws {UnusableDocument}
 */
export function parseAsPythonText(text: string): JsonValue {
  const tree = readTree(text, "yaml11")
  const found = problemsOf(tree, [])
  if (found.length > 0) throw new UnusableDocument(found)
  return tree.root ? meaningOf(withTexts(tree.root, new Map()), "yaml11") : {}
}

/** Each node is copied once, so that an alias stays one of what it stands for. */
function withTexts(node: TreeNode, copies: Map<TreeNode, TreeNode>): TreeNode {
  const known = copies.get(node)
  if (known) return known
  if (node.kind === "scalar") return remember(copies, node, { ...node, value: pythonText(node) })
  if (node.kind === "alias") {
    const target = node.target && withTexts(node.target, copies)
    return remember(copies, node, { ...node, target })
  }
  const entries: Entry[] = []
  const copy = remember(copies, node, { ...node, entries })
  for (const entry of node.entries) entries.push({ ...entry, value: withTexts(entry.value, copies) })
  return copy
}

function remember(copies: Map<TreeNode, TreeNode>, node: TreeNode, copy: TreeNode): TreeNode {
  copies.set(node, copy)
  return copy
}

function pythonText({ value, source }: Leaf): JsonValue {
  if (typeof value === "boolean") return value ? "True" : "False"
  if (typeof value === "number") return source.includes(".") ? pythonFloat(value) : (pythonInteger(source) ?? value)
  const date = /^(\d{4})-(\d\d?)-(\d\d?)$/.exec(source)
  if (typeof value !== "object" || value === null || !date) return value
  const [, year, month = "", day = ""] = date
  return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`
}

/** All of its digits, which a number here may not have. */
function pythonInteger(source: string): string | undefined {
  const digits = source.replaceAll("_", "")
  const [, sign = "", rest = ""] = /^([-+]?)(.*)$/.exec(digits) ?? []
  const count = magnitude(rest)
  if (count === undefined) return undefined
  return sign === "-" && count !== 0n ? `-${count}` : String(count)
}

function magnitude(digits: string): bigint | undefined {
  if (digits.includes(":")) return digits.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n)
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`)
  return /^(0b[01]+|0x[0-9a-f]+|\d+)$/i.test(digits) ? BigInt(digits) : undefined
}

/** The shortest digits that give the number back, as here; an exponent from 16 digits on, and with two digits at least. */
function pythonFloat(value: number): string {
  if (Object.is(value, -0)) return "-0.0"
  const [digits = "", power = "0"] = value.toExponential().split("e")
  const exponent = Number(power)
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`
  }
  const written =
    exponent < 0 ? value.toFixed(Math.min(100, digits.replace(/\D/g, "").length - 1 - exponent)) : `${value}`
  return written.includes(".") ? written : `${written}.0`
}
