import { limits, tooDeep, tooManyFollowed } from "./limits.ts"
import { Lines } from "./lines.ts"
import { isCollection } from "./locate.ts"
import { isMergeKey } from "./meaning.ts"
import { fitsTag } from "./scalars.ts"
import { columnOf, type Entry, type Fault, type Leaf, lineEnd, type Tree, type TreeNode } from "./tree.ts"

/**
 * What the syntax allows, but the document's reader refuses or takes for something else than it looks like: keys given
 * twice, aliases of nothing, tags of its owner's own, dates that there are not; and more values than our limits allow.
 */
export function valueFaults(tree: Tree): Fault[] {
  const walk = new Walk(tree)
  if (tree.root) walk.node(tree.root)
  return walk.found
}

/** How much a value is with all its aliases followed. */
interface Size {
  readonly values: number
  readonly depth: number
}

const one: Size = { values: 1, depth: 0 }

/** Goes through the tree in the order of the text, so that an anchor is known before its aliases. */
class Walk {
  readonly found: Fault[] = []
  private readonly tree: Tree
  /** Behind it there are nothing but blanks and line breaks. */
  private readonly visibleEnd: number
  private readonly endsInBlanks: boolean
  private readonly sizes = new Map<TreeNode, Size>()
  private readonly anchors = new Set<string>()
  private lines: Lines | undefined

  constructor(tree: Tree) {
    this.tree = tree
    this.visibleEnd = tree.text.trimEnd().length
    this.endsInBlanks = /\n[ \t]+$/.test(tree.text.slice(this.visibleEnd))
  }

  node(node: TreeNode): Size {
    this.anchor(node)
    if (node.kind === "alias") return this.alias(node)
    this.tag(node)
    const size = isCollection(node) ? this.sum(node.entries) : this.scalar(node)
    if (node.anchor !== undefined) this.sizes.set(node, size)
    return size
  }

  private say(offset: number, text: string): void {
    this.found.push({ offset, text })
  }

  private anchor(node: TreeNode): void {
    const name = node.kind === "alias" ? node.name : node.anchor
    if (name === undefined) return
    if (!/^[\w-]+$/.test(name)) this.say(node.start, "a name of an anchor with more than letters, digits, - and _")
    if (node.kind === "alias" || this.tree.dialect !== "yaml11") return
    if (this.anchors.has(name)) this.say(node.start, "a second anchor of the same name, which Synapse's reader refuses")
    this.anchors.add(name)
  }

  private alias({ start, target }: TreeNode & { kind: "alias" }): Size {
    const size = target && this.sizes.get(target)
    if (!target) this.say(start, "an alias without an anchor of that name before it")
    else if (!size) this.say(start, "an alias within its own anchor: the value would have no end")
    return size ?? one
  }

  private tag({ kind, start, tag, ...node }: Exclude<TreeNode, { kind: "alias" }>): void {
    if (tag === undefined) return
    if (!/^!!(?:str|int|float|bool|null|map|seq)$/.test(tag)) {
      this.say(start, "a tag that is read by few readers, or by each in another way: write the value without it")
    } else if (
      kind === "scalar"
        ? !("source" in node && fitsTag(tag, node.source, this.tree.dialect))
        : tag !== (kind === "map" ? "!!map" : "!!seq")
    ) {
      this.say(start, "the tag does not fit the value")
    }
  }

  private scalar(node: TreeNode & { kind: "scalar" }): Size {
    const { value, start } = node
    const kind = typeof value === "object" && value !== null && "$yaml" in value ? value.$yaml : undefined
    if (kind === "merge" || kind === "value") this.say(start, "this has a meaning of its own in YAML 1.1: quote it")
    if (node.style === "double") this.escapes(node)
    if (
      node.style === "block" &&
      /^[|>][-+]?[1-9]/.test(this.tree.text.slice(node.contentStart, node.contentStart + 3))
    )
      this.blankTail(node)
    if (
      node.style === "block" &&
      node.source.trim() === "" &&
      /^[|>][-+1-9]*[+1-9]/.test(this.tree.text.slice(node.contentStart, node.contentStart + 4))
    )
      this.say(start, "a block of nothing but blank lines, whose length is read by each reader in another way")
    if (node.style === "block" && this.endsInBlanks && node.end >= this.visibleEnd)
      this.say(start, "a block that ends with blanks at the end of the text, which each reader takes in another way")
    if (kind === "no int") this.say(start, "a number without digits, or with too many of them: quote it")
    if (kind === "no timestamp") this.say(start, "a date or time that there is not: quote it")
    return one
  }

  /** The parser measures them by the first line, all readers by the number in the header. */
  private blankTail({ start, end }: TreeNode): void {
    const { text } = this.tree
    let at = end
    while (at < text.length && " \t\r\n".includes(text[at] as string)) at++
    const lines = text
      .slice(end, at)
      .split("\n")
      .slice(1, at === text.length ? undefined : -1)
    if (lines.some((line) => /[ \t]/.test(line)))
      this.say(start, "a block with an indent of its own, and lines of nothing but blanks behind it")
  }

  private escapes({ start, contentStart, end }: TreeNode): void {
    if (this.tree.dialect === "json") return
    const text = this.tree.text.slice(contentStart, end)
    if (escaped("u[dD][89a-fA-F]").test(text))
      this.say(start, "an escape that stands for half a character: write it as it is")
    if (escaped("\\r?\\n[ \\t]*\\r?\\n").test(text))
      this.say(start, "a backslash at the end of a line, and an empty line behind it")
  }

  private sum(entries: readonly Entry[]): Size {
    const first = new Map<string, Entry>()
    let [values, depth] = [1, 0]
    for (const entry of entries) {
      const isMerge = isMergeKey(entry, this.tree.dialect)
      if (entry.name !== undefined || entry.keyNode) this.key(entry, isMerge, first)
      const size = this.node(entry.value)
      if (isMerge) this.merge(entry)
      const [before, deepBefore] = [values, depth]
      values = Math.min(values + size.values, limits.followed + 1)
      depth = Math.max(depth, size.depth)
      if (values > limits.followed && before <= limits.followed) this.say(entry.start, tooManyFollowed)
      if (depth >= limits.depth && deepBefore < limits.depth) this.say(entry.start, tooDeep)
    }
    return { values: Math.min(values, limits.followed), depth: Math.min(depth + 1, limits.depth) }
  }

  private key(entry: Entry, isMerge: boolean, first: Map<string, Entry>): void {
    const { key, keyNode } = entry
    if (keyNode && keyNode.kind !== "scalar")
      this.say(entry.start, "a key that is an alias, a map or a list: write the key as a text")
    if (!key) return
    this.keyLines(entry, key)
    if (isMerge) {
      this.anchor(key)
      return
    }
    this.node(key)
    if (key.style === "empty" && key.tag === undefined && key.anchor === undefined)
      this.say(entry.start, "a key is missing before the colon")
    if (typeof key.value === "object" && key.value !== null)
      this.say(entry.start, "a key that is no text to its reader: quote it")
    this.twice(entry, key, first)
  }

  private keyLines({ start, indicatorEnd }: Entry, key: Leaf): void {
    const { text } = this.tree
    const isExplicit = text[start] === "?" && key.start > start
    if (!isExplicit && text.slice(key.end, indicatorEnd).includes("\n"))
      this.say(key.start, "a key and its colon stand on two lines")
    const isApart = isExplicit && indicatorEnd !== undefined && text.slice(key.end, indicatorEnd).includes("\n")
    if (isApart && columnOf(text, indicatorEnd - 1) !== columnOf(text, start))
      this.say(key.start, "the colon of this key does not stand below its question mark")
    const rest = isExplicit ? text.slice(key.end, lineEnd(text, key.end)) : ""
    if (!/^[ \t]*(?:$|[:,}\]]|[ \t]#)/.test(rest)) this.say(key.start, "there is more text behind the key")
  }

  /** True and 1 are one key to Python. */
  private twice(entry: Entry, { value }: Leaf, first: Map<string, Entry>): void {
    const isNumber = this.tree.dialect === "yaml11" && typeof value === "boolean"
    const name = JSON.stringify(isNumber ? Number(value) : value)
    const earlier = first.get(name)
    if (!earlier) {
      first.set(name, entry)
      return
    }
    this.lines ??= new Lines(this.tree.text)
    const { line } = this.lines.at(earlier.start)
    this.say(entry.start, `the key ${JSON.stringify(value)} is given twice, first on line ${line}`)
  }

  private merge({ value }: Entry): void {
    const follow = (node: TreeNode) => (node.kind === "alias" ? node.target : node)
    const source = follow(value)
    const maps = source?.kind === "list" ? source.entries.map((entry) => follow(entry.value)) : [source]
    if (maps.some((map) => map && map.kind !== "map"))
      this.say(value.start, "a merge key (<<) takes a map or a list of maps")
  }
}

/** What a backslash that is not escaped itself may stand before. */
function escaped(what: string): RegExp {
  return new RegExp(`(?<!\\\\)(?:\\\\\\\\)*\\\\(?:${what})`)
}
