import { existsSync, readFileSync } from "node:fs"
import { dirname, isAbsolute, join, relative, resolve } from "node:path"
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLError } from "yaml"
import { ConfigError } from "./error.ts"

/** A value of the merged configuration that knows which file it came from. */
export type Tree =
  | { readonly kind: "map"; readonly entries: ReadonlyMap<string, Tree>; readonly source: string }
  | { readonly kind: "list"; readonly items: readonly Tree[]; readonly source: string }
  | { readonly kind: "scalar"; readonly value: Scalar; readonly source: string }

export type Scalar = string | number | bigint | boolean | null

/** How lists of two layers come together: MAS joins its own, and lets a later Synapse file replace those of an earlier. */
export type ListMerge = "concatenate" | "replace"

/**
 * The layers of some files, left to right. A file that does not exist counts as empty, as MAS has it; a relative path is
 * also looked for in the folders above (both seen with MAS 1.22). Read as YAML 1.2 by MAS, homeserver.yaml included: what
 * Synapse's PyYAML takes for `false`, such as `no`, is a string here.
 *
 * @throws ConfigError with MAS's text if a file is no YAML.
 */
export function loadTree(files: readonly string[], lists: ListMerge, base: Tree = emptyTree): Tree {
  return files.reduce((tree, file) => merge(tree, loadFile(file), lists), base)
}

export const emptyTree: Tree = { kind: "map", entries: new Map(), source: "" }

function loadFile(file: string): Tree {
  const path = findUpwards(file)
  if (path === undefined) return emptyTree
  const source = `${shortPath(path)} YAML file`
  const lines = new LineCounter()
  const text = readFileSync(path, "utf8")
  // Of a key that stands twice the last one counts.
  const document = parseDocument(text, { version: "1.2", lineCounter: lines, merge: false, uniqueKeys: false })
  const [mistake] = document.errors
  if (mistake) throw new ConfigError(`${syntaxText(mistake, lines)} in ${source}`)
  const tree = tag(document.contents, { source, document })
  if (text.startsWith("\uFEFF") && tree.kind === "map" && tree.entries.size > 1) {
    throw new ConfigError(`${severalDocuments} in ${source}`)
  }
  if (tree.kind === "map") return tree
  if (tree.kind === "scalar" && tree.value === null) return emptyTree
  throw new ConfigError(`invalid type: ${describe(tree)}, expected a map in ${source}`)
}

/** MAS says this also of a byte order mark: to its parser the first key is indented then, and the second begins anew. */
const severalDocuments = "deserializing from YAML containing more than one document is not supported"

function findUpwards(file: string): string | undefined {
  if (isAbsolute(file)) return existsSync(file) ? file : undefined
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const candidate = join(folder, file)
    if (existsSync(candidate)) return candidate
    if (folder === dirname(folder)) return undefined
  }
}

/** MAS names a file relative to where it runs when that is shorter. */
function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), resolve(path))
  return fromHere.split("/").length < path.split("/").length ? fromHere : path
}

/** The shape of libyaml's sentences, which MAS passes on; the words of our parser differ in most cases. */
function syntaxText(mistake: YAMLError, lines: LineCounter): string {
  if (mistake.code === "MULTIPLE_DOCS") return severalDocuments
  const { line, col } = lines.linePos(mistake.pos[0])
  const isFlow = /[Ff]low (sequence|map)/.test(mistake.message)
  if (isFlow) return `did not find expected node content at line ${line} column ${col}, while parsing a flow node`
  const [sentence = "not YAML"] = mistake.message.split(" at line ")
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1)} at line ${line} column ${col}`
}

interface Origin {
  readonly source: string
  readonly document: Document
}

function tag(node: unknown, origin: Origin): Tree {
  const { source, document } = origin
  if (isAlias(node)) return tag(node.resolve(document), origin)
  if (isMap(node)) {
    const entries = node.items.map(({ key, value }): [string, Tree] => [String(plain(key)), tag(value, origin)])
    return { kind: "map", entries: new Map(entries), source }
  }
  if (isSeq(node)) return { kind: "list", items: node.items.map((item) => tag(item, origin)), source }
  return { kind: "scalar", value: plain(node), source }
}

function plain(node: unknown): Scalar {
  const value = isScalar(node) ? node.value : null
  if (value === undefined || value === null) return null
  return typeof value === "object" ? String(value) : (value as Scalar)
}

function merge(before: Tree, after: Tree, lists: ListMerge): Tree {
  if (before.kind === "map" && after.kind === "map") {
    const entries = new Map(before.entries)
    for (const [key, value] of after.entries) {
      const earlier = entries.get(key)
      entries.set(key, earlier ? merge(earlier, value, lists) : value)
    }
    return { kind: "map", entries, source: after.source || before.source }
  }
  if (before.kind === "list" && after.kind === "list" && lists === "concatenate") {
    return { kind: "list", items: [...before.items, ...after.items], source: after.source }
  }
  return after
}

/** `MAS_<SECTION>_<KEY>` is MAS's lowest layer; every underscore splits, so keys that hold one are out of its reach. */
export function environmentTree(environment: NodeJS.ProcessEnv): Tree {
  const source = "`MAS_` environment variable(s)"
  let tree: Tree = { kind: "map", entries: new Map(), source }
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith("MAS_") || text === undefined) continue
    const path = name.slice("MAS_".length).toLowerCase().split("_")
    const leaf: Tree = { kind: "scalar", value: environmentScalar(text), source }
    const nested = path.reduceRight<Tree>(
      (inner, key) => ({ kind: "map", entries: new Map([[key, inner]]), source }),
      leaf,
    )
    tree = merge(tree, nested, "replace")
  }
  return tree
}

function environmentScalar(text: string): Scalar {
  if (text === "true" || text === "false") return text === "true"
  return /^-?\d+$/.test(text) ? Number(text) : text
}

/** How MAS names what it found where it expected something else. */
export function describe(tree: Tree): string {
  if (tree.kind === "map") return "map"
  if (tree.kind === "list") return "sequence"
  if (tree.value === null) return "unit"
  if (typeof tree.value === "boolean") return `bool \`${tree.value}\``
  if (typeof tree.value === "string") return `string ${JSON.stringify(tree.value)}`
  if (Number.isInteger(Number(tree.value))) return `${tree.value < 0 ? "signed" : "unsigned"} int \`${tree.value}\``
  return `float \`${tree.value}\``
}

/** The tree as plain values: for documents that are passed on, such as a JWKS. */
export function toPlain(tree: Tree): unknown {
  if (tree.kind === "map") return Object.fromEntries([...tree.entries].map(([key, value]) => [key, toPlain(value)]))
  return tree.kind === "list" ? tree.items.map(toPlain) : tree.value
}
