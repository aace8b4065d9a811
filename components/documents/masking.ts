import { lexemes } from "./comments.ts"
import type { Dialect } from "./dialects.ts"
import { type KeyPath, parseKeyPath } from "./key-path.ts"
import { isCollection, matches } from "./locate.ts"
import { problemsOf } from "./problems.ts"
import { readTree } from "./read-tree.ts"
import type { Entry, Leaf, Tree, TreeNode } from "./tree.ts"

/** What is not to be seen. */
export interface Secrecy {
  readonly dialect: Dialect
  /** Paths whose values are secret, with all that lies below. */
  readonly secretPaths?: readonly string[]
  /** Texts that are secret wherever they stand. */
  readonly secrets?: readonly string[]
  /** Names of keys whose values are secret: those of Synapse, MAS and their like, unless given. */
  readonly secretNames?: readonly RegExp[]
}

/** Keys that name where a secret lies (`…_path`, `…_file`), are switched or counted (`…_enabled`), hold none. */
export const usualSecretNames: readonly RegExp[] = [
  /^(?!.*(?:_path|_file|_files|_enabled|_type|_method|_lifetime)$)(?=.*(?:secret|password|passwd|passphrase|pepper|credential|api_?key|private_?key|signing_?key|_pass$|(?:^|_)token$|^encryption$|^key$|^pass$)).*$/i,
]

/** A line of the text with its secrets covered; equal lines stay equal and different ones stay different. */
export interface Covered {
  readonly lines: readonly string[]
}

const open = "\u0001"
const close = "\u0002"

/** Covers secrets one by one, so that the same secret is always covered by the same mark. */
export class Cover {
  readonly secrecy: Secrecy
  private readonly marks = new Map<string, string>()

  constructor(secrecy: Secrecy) {
    this.secrecy = secrecy
  }

  /** The text with a mark in the place of each secret; `undefined` when it cannot be told what is secret in it. */
  over(text: string): string | undefined {
    const clean = text.replaceAll(open, "\uFFFD").replaceAll(close, "\uFFFD")
    const tree = readTree(clean, this.secrecy.dialect)
    if (problemsOf(tree, []).some(() => tree.faults.length > 0)) return undefined
    const ranges = [...this.scalarRanges(tree), ...this.commentRanges(clean), ...this.literalRanges(clean)]
    return this.replaced(clean, ranges)
  }

  /** A mark a line, so that line numbers stay what they are. */
  private mark(secret: string): string {
    return secret
      .split(/(\r?\n[ \t]*)/)
      .map((part, at) => (at % 2 === 1 || part === "" ? part : this.markFor(part)))
      .join("")
  }

  private markFor(secret: string): string {
    const known = this.marks.get(secret) ?? `${open}${this.marks.size}${close}`
    this.marks.set(secret, known)
    return known
  }

  private replaced(text: string, ranges: readonly Range[]): string {
    const parts: string[] = []
    let at = 0
    for (const { start, end } of united(ranges)) {
      parts.push(text.slice(at, start), this.mark(text.slice(start, end)))
      at = end
    }
    return [...parts, text.slice(at)].join("")
  }

  private scalarRanges({ root }: Tree): Range[] {
    const paths = (this.secrecy.secretPaths ?? []).map(parseKeyPath)
    return root ? this.within(root, undefined, paths, false) : []
  }

  private within(node: TreeNode, name: string | undefined, paths: readonly KeyPath[], all: boolean): Range[] {
    if (isCollection(node)) {
      return node.entries.flatMap((entry) => this.below(node, entry, name, paths, all))
    }
    if (node.kind !== "scalar" || node.end === node.start) return []
    const isSecret = all || (typeof node.value !== "boolean" && node.value !== null && this.isSecretName(name))
    return isSecret || this.looksSecret(node) ? [{ start: node.contentStart, end: node.end }] : credentials(node)
  }

  private below(node: TreeNode, entry: Entry, name: string | undefined, paths: readonly KeyPath[], all: boolean) {
    const through = paths.filter(([step]) => step !== undefined && isCollection(node) && matches(node, entry, step))
    const rest = through.map((path) => path.slice(1))
    const isWhole = all || rest.some((path) => path.length === 0)
    return this.within(entry.value, entry.key ? entry.key.source : name, rest, isWhole)
  }

  private isSecretName(name: string | undefined): boolean {
    return name !== undefined && (this.secrecy.secretNames ?? usualSecretNames).some((pattern) => pattern.test(name))
  }

  private looksSecret({ source, value }: Leaf): boolean {
    if (/-----BEGIN [A-Z ]*PRIVATE KEY/.test(source)) return true
    return (this.secrecy.secrets ?? []).some((secret) => secret !== "" && String(value).includes(secret))
  }

  /** Settings that are commented out, and keys in comments. */
  private commentRanges(text: string): Range[] {
    if (this.secrecy.dialect === "json") return []
    return lexemes(text).flatMap(({ type, source, start }) => {
      const setting = type === "comment" ? /^(#[\s#-]*["']?([\w.-]+)["']?\s*:\s*)(\S.*)$/.exec(source) : null
      const [, head = "", name, value = ""] = setting ?? []
      const isKey = type === "comment" && /-----BEGIN|^#\s*[\w+/=]{60,}$/.test(source)
      if (isKey) return [{ start: start + 1, end: start + source.length }]
      const from = start + head.length
      return this.isSecretName(name) ? [{ start: from, end: from + value.length }] : credentialsIn(source, start)
    })
  }

  private literalRanges(text: string): Range[] {
    return (this.secrecy.secrets ?? []).filter(Boolean).flatMap((secret) => {
      const ranges: Range[] = []
      for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1)) {
        ranges.push({ start: at, end: at + secret.length })
      }
      return ranges
    })
  }
}

/**
 * What is secret in a document, for what a program says that was given it: each value as it is and as it stands there, and
 * the passwords in addresses. Nothing where the document cannot be read.
 */
export function secretsIn(text: string, dialect: Dialect): readonly string[] {
  const tree = readTree(text, dialect)
  return tree.root ? [...new Set(secretsWithin(tree.root, undefined))] : []
}

function secretsWithin(node: TreeNode, name: string | undefined): string[] {
  if (isCollection(node)) {
    return node.entries.flatMap((entry) => secretsWithin(entry.value, entry.key ? entry.key.source : name))
  }
  if (node.kind !== "scalar" || node.source === "" || typeof node.value === "boolean") return []
  const isSecret = name !== undefined && usualSecretNames.some((pattern) => pattern.test(name))
  const { source, value } = node
  if (isSecret) return [source, ...(typeof value === "string" || typeof value === "number" ? [String(value)] : [])]
  return passwordsIn(source)
}

/** In an address, as it stands there and as it is meant; in a connection string. */
function passwordsIn(source: string): string[] {
  const inAddress = /:\/\/[^:/@\s]*:(\S*)@/.exec(source)?.[1]
  const named = [...source.matchAll(/\bpassword\s*=\s*('(?:[^'\\]|\\.)*'|[^\s&]+)/g)].map(([, value = ""]) => value)
  return [inAddress ?? "", ...named]
    .filter(Boolean)
    .flatMap((found) => [found, found.replace(/^'|'$/g, ""), unescaped(found)])
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The text as people may see it. */
export function uncovered(text: string): string {
  return text.replaceAll(new RegExp(`${open}\\d+${close}`, "g"), "[secret]")
}

interface Range {
  readonly start: number
  readonly end: number
}

/** The password in a URL or a connection string, such as that of a database. */
function credentials(node: Leaf): Range[] {
  if (!hasCredentials(node.source)) return []
  return [{ start: node.contentStart, end: node.end }]
}

function hasCredentials(source: string): boolean {
  return /:\/\/[^/\s]*@|:\/\/[^/\s:]*:\S*@|\bpassword\s*=/.test(source)
}

function credentialsIn(source: string, start: number): Range[] {
  const found = /:\/\/[^/\s]*@/.exec(source)
  return found ? [{ start: start + found.index, end: start + found.index + found[0].length }] : []
}

function united(ranges: readonly Range[]): Range[] {
  const sorted = ranges.toSorted((a, b) => a.start - b.start)
  const result: Range[] = []
  for (const range of sorted) {
    const last = result.at(-1)
    if (last && range.start <= last.end)
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, range.end) }
    else result.push(range)
  }
  return result
}
