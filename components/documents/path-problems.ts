import { type KeyPath, type PathStep, printKeyPath } from "./key-path.ts"
import { isCollection, locate, matches } from "./locate.ts"
import { isMergeKey } from "./meaning.ts"
import type { Entry, Fault, Tree, TreeNode } from "./tree.ts"

/** What lies in the way of a managed key: places where a change would change something else as well. */
export function pathFaults(tree: Tree, path: KeyPath): Fault[] {
  const { root } = tree
  if (!root) return []
  const name = printKeyPath(path)
  const { entries, depth, node } = locate(tree, path)
  const gone = [root, ...entries.slice(0, path.length === depth ? -1 : undefined).map(({ value }) => value)]
  const aliases = aliasesOf(root)
  const found = gone.flatMap((through) => sharedFault(through, aliases, name))
  found.push(...gone.flatMap((through, at) => merged(through, path[at] as PathStep, name, tree)))
  if (depth < path.length && node) found.push(...blocked(node, path, depth))
  const last = depth === path.length ? entries.at(-1) : undefined
  if (last) found.push(...usedElsewhere(last, aliases, name))
  return [...found, ...ambiguous(tree, path)]
}

function sharedFault(node: TreeNode, aliases: readonly Alias[], name: string): Fault[] {
  if (node.anchor === undefined || !aliases.some(({ target }) => target === node)) return []
  const text = `${name} lies within the anchor &${node.anchor}, which is used elsewhere too: a change here would change both`
  return [{ offset: node.start, text }]
}

function blocked(node: TreeNode, path: KeyPath, depth: number): Fault[] {
  const name = printKeyPath(path)
  const step = path[depth]
  if (node.kind === "alias") {
    return [
      { offset: node.start, text: `${name} lies behind the alias *${node.name}: a change would be made at its anchor` },
    ]
  }
  if (node.kind === "scalar") {
    if (node.value === null) return []
    return [{ offset: node.start, text: `${name} cannot be here: its parent is a single value` }]
  }
  if (node.entries.length > 0 && (node.kind === "map") !== (typeof step === "string")) {
    return [{ offset: node.start, text: `${name} cannot be here: its parent is a ${node.kind}` }]
  }
  return []
}

/** A key that a map takes over by `<<`, whether or not it stands there as well: without ours, the other one counts. */
function merged(holder: TreeNode, step: PathStep, name: string, tree: Tree): Fault[] {
  if (holder.kind !== "map") return []
  const merge = holder.entries.find((entry) => isMergeKey(entry, tree.dialect))
  if (!merge || !mergeGives(merge.value, step, tree)) return []
  return [{ offset: merge.start, text: `${name} comes from a merge key (<<): a change would be made elsewhere` }]
}

function mergeGives(source: TreeNode, step: PathStep, tree: Tree): boolean {
  const node = source.kind === "alias" ? source.target : source
  if (!node || !isCollection(node)) return false
  if (node.kind === "list") return node.entries.some(({ value }) => mergeGives(value, step, tree))
  return node.entries.some((entry) => {
    if (isMergeKey(entry, tree.dialect)) return mergeGives(entry.value, step, tree)
    return entry.name === step
  })
}

/** An anchor in a value that is to be replaced or taken out, while an alias outside of it needs it. */
function usedElsewhere(entry: Entry, aliases: readonly Alias[], name: string): Fault[] {
  const isWithin = ({ start, end }: TreeNode) => start >= entry.start && end <= entry.end
  const used = aliases.find(({ alias, target }) => target && isWithin(target) && !isWithin(alias))
  if (!used) return []
  const text = `${name} holds the anchor of the alias *${used.alias.name}, which is outside of it`
  return [{ offset: used.alias.start, text }]
}

interface Alias {
  readonly alias: TreeNode & { readonly kind: "alias" }
  readonly target: TreeNode | undefined
}

function aliasesOf(node: TreeNode): Alias[] {
  if (node.kind === "alias") return [{ alias: node, target: node.target }]
  return isCollection(node) ? node.entries.flatMap(({ value }) => aliasesOf(value)) : []
}

/** Two entries of a list with the same identity. */
function ambiguous(tree: Tree, path: KeyPath): Fault[] {
  return path.flatMap((step, at) => {
    const { node, depth } = locate(tree, path.slice(0, at))
    if (typeof step === "string" || depth < at || !node || !isCollection(node)) return []
    const [, second] = node.entries.filter((entry) => matches(node, entry, step))
    return second ? [{ offset: second.start, text: `a second entry with ${step.by} ${step.is}` }] : []
  })
}
