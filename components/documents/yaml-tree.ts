import {
  type Alias,
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml"
import type { Dialect } from "./dialects.ts"
import { resolvePlain, resolveTagged } from "./scalars.ts"
import {
  type Collection,
  columnOf,
  type Entry,
  type Leaf,
  type Reference,
  type Spot,
  type Tree,
  type TreeNode,
} from "./tree.ts"
import { readSyntax } from "./yaml-syntax.ts"

/** The text as nodes with ranges. Never throws: what is wrong with the text is in `faults`. */
export function readYaml(text: string, dialect: Exclude<Dialect, "json">): Tree {
  const { documents, faults } = readSyntax(text, dialect)
  const contents = documents[0]?.contents
  const isBare = !contents || (isEmpty(contents) && contents.tag === undefined)
  const root = isBare ? undefined : new TreeReader(text, dialect).read(contents, [])
  return { text, dialect, root, faults }
}

/** Builds our nodes from the library's; holds the anchors met so far, as an alias means the last one before it. */
class TreeReader {
  readonly text: string
  readonly dialect: Dialect
  readonly anchors = new Map<string, TreeNode>()

  constructor(text: string, dialect: Dialect) {
    this.text = text
    this.dialect = dialect
  }

  /** `before` are the tokens between the entry's indicator and the value: anchor and tag are among them. */
  read(node: ParsedNode | null, before: readonly CST.SourceToken[], fallback = 0): TreeNode {
    const props = before.filter(({ type }) => type === "anchor" || type === "tag")
    const last = props.at(-1)
    const tag = node?.tag && (props.find(({ type }) => type === "tag")?.source ?? node.tag)
    const propsEnd = last && last.offset + last.source.length
    const contentStart = !node || isEmpty(node) ? (propsEnd ?? fallback) : node.range[0]
    const spot = {
      start: props[0]?.offset ?? contentStart,
      contentStart,
      end: contentStart,
      anchor: node && !isAlias(node) ? node.anchor : undefined,
      tag,
    }
    const read = this.build(node, spot)
    if (read.anchor !== undefined) this.anchors.set(read.anchor, read)
    return read
  }

  private build(node: ParsedNode | null, spot: Spot): TreeNode {
    if (isMap(node)) return this.collection(node, spot, "map")
    if (isSeq(node)) return this.collection(node, spot, "list")
    if (isAlias(node)) return this.alias(node, spot)
    return this.scalar(node, spot)
  }

  private alias(node: Alias.Parsed, spot: Spot): Reference {
    return { ...spot, kind: "alias", end: node.range[1], name: node.source, target: this.anchors.get(node.source) }
  }

  private scalar(node: Scalar.Parsed | null, spot: Spot): Leaf {
    const style = scalarStyle(node)
    const source = this.sourceOf(node, style)
    const plain = style === "plain" || style === "empty"
    const value =
      spot.tag !== undefined
        ? resolveTagged(spot.tag, source, this.dialect)
        : plain
          ? resolvePlain(source, this.dialect)
          : source
    const keepsBlankLines =
      style === "block" && /^[|>][0-9]?\+/.test(this.text.slice(spot.contentStart, spot.contentStart + 3))
    const end = !node || style === "empty" ? spot.contentStart : this.trimmedEnd(node, keepsBlankLines)
    return { ...spot, kind: "scalar", value, source, style, end, keepsBlankLines }
  }

  /** PyYAML sees no line break at the end of a block scalar where the text ends without one. */
  private sourceOf(node: Scalar.Parsed | null, style: Leaf["style"]): string {
    const source = node ? String(node.value ?? "") : ""
    const isCut = style === "block" && this.dialect === "yaml11" && node?.range[1] === this.text.length
    return isCut && !this.text.endsWith("\n") ? source.replace(/\n$/, "") : source
  }

  /**
   * Without the line breaks that are not the scalar's own; the last one never counts as its own. Lines of nothing but
   * blanks, more of them than the scalar is indented by, are as much of it as any other.
   */
  private trimmedEnd(node: Scalar.Parsed, keepsBlankLines: boolean): number {
    const [start, end] = rangeOf(node)
    if (!node.type?.startsWith("BLOCK")) return end
    let at = end
    const isAt = (characters: string) => at > start && characters.includes(this.text[at - 1] as string)
    if (keepsBlankLines || endsInBlanks(node)) {
      if (isAt("\n")) at--
      if (at < end && isAt("\r")) at--
    } else while (isAt(" \t\r\n")) at--
    return at
  }

  private collection(node: YAMLMap.Parsed | YAMLSeq.Parsed, spot: Spot, kind: "map" | "list"): Collection {
    const flow = node.flow === true
    const collection = { ...spot, kind, flow, entries: [] as Entry[], column: 0 }
    if (spot.anchor !== undefined) this.anchors.set(spot.anchor, collection)
    const token = node.srcToken
    if (isMap(node)) collection.entries.push(...node.items.map((pair) => this.pair(pair as LoosePair)))
    else collection.entries.push(...this.items(node, token as CST.BlockSequence | CST.FlowCollection))
    const first = collection.entries[0]
    collection.column = first ? columnOf(this.text, first.start) : 0
    collection.end = flow ? node.range[1] : (collection.entries.at(-1)?.end ?? spot.contentStart)
    return collection
  }

  private pair(pair: LoosePair): Entry {
    const token = pair.srcToken
    const starts = token?.start ?? []
    const separators = token?.sep ?? []
    const colonAt = separators.findIndex(({ type }) => type === "map-value-ind")
    const colon = separators[colonAt]
    const key = this.read(pair.key, starts)
    const explicit = starts.find(({ type }) => type === "explicit-key-ind")
    const indicatorEnd = colon && colon.offset + colon.source.length
    const value = this.read(pair.value, separators.slice(colonAt + 1), indicatorEnd ?? key.end)
    const leaf = key.kind === "scalar" ? this.keyOf(key) : undefined
    const name = typeof leaf?.value === "string" ? leaf.value : undefined
    const start = explicit?.offset ?? key.start
    return {
      key: leaf,
      keyNode: leaf ?? key,
      name,
      start,
      indicatorEnd,
      value,
      end: Math.max(value.end, indicatorEnd ?? key.end),
    }
  }

  /** MAS's reader takes every key as the text that it is: `1` and `"1"` are one key. */
  private keyOf(key: Leaf): Leaf {
    return this.dialect === "yaml12" ? { ...key, value: key.source } : key
  }

  private items(node: YAMLSeq.Parsed, token: CST.BlockSequence | CST.FlowCollection | undefined): Entry[] {
    const tokens = (token?.items ?? []).filter(
      (item) => item.value || item.key || item.start.some(({ type }) => type === "seq-item-ind"),
    )
    return node.items.map((item, index) => {
      const starts = tokens[index]?.start ?? []
      const dash = starts.find(({ type }) => type === "seq-item-ind")
      const dashEnd = dash && dash.offset + dash.source.length
      const behindDash = dash ? starts.slice(starts.indexOf(dash) + 1) : starts
      const value = this.read(item as ParsedNode | null, behindDash, dashEnd)
      const start = dash?.offset ?? value.start
      const end = Math.max(value.end, dashEnd ?? 0)
      return { key: undefined, name: undefined, start, indicatorEnd: dashEnd ?? value.start, value, end }
    })
  }
}

type LoosePair = Omit<Pair<ParsedNode, ParsedNode | null>, "srcToken"> & { srcToken?: CST.CollectionItem }

function isEmpty(node: ParsedNode): boolean {
  return isScalar(node) && node.range[0] === node.range[1]
}

function rangeOf(node: ParsedNode): [number, number] {
  return [node.range[0], node.range[1]]
}

function scalarStyle(node: Scalar.Parsed | null): Leaf["style"] {
  if (!node || isEmpty(node)) return "empty"
  if (node.type === "QUOTE_SINGLE") return "single"
  if (node.type === "QUOTE_DOUBLE") return "double"
  return node.type?.startsWith("BLOCK") ? "block" : "plain"
}

/** Whether lines of nothing but blanks end the value. */
function endsInBlanks(node: Scalar.Parsed): boolean {
  const value = String(node.value ?? "")
  return /[ \t]/.test(value.slice(value.trimEnd().length)) && /\n[^\n]*[ \t][^\n]*\n?$/.test(value)
}
