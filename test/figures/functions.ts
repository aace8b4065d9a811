import ts from "typescript"
import { lineOf } from "./lines.ts"
import type { Source } from "./source-files.ts"

/** One function that has a name: declared, assigned, a method, an accessor or a constructor. */
export interface FunctionFigures {
  readonly name: string
  /** From its first line to its last; a function within counts for both. */
  readonly lines: number
  readonly parameters: number
  /** How deep `if`, loops, `switch` and `try` lie in each other; `else if` lies no deeper than its `if`. */
  readonly nesting: number
}

export function functionsOf(source: Source): readonly FunctionFigures[] {
  const found: FunctionFigures[] = []
  const visit = (node: ts.Node): void => {
    const name = hasBody(node) ? nameOf(node) : undefined
    if (hasBody(node) && name !== undefined) found.push(figuresOf(source, node, name))
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** Types and overloads look like functions, too. */
function hasBody(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && "body" in node && node.body !== undefined
}

function figuresOf(source: Source, node: ts.FunctionLikeDeclaration, name: string): FunctionFigures {
  const lines = lineOf(source, node.getEnd()) - lineOf(source, node.getStart(source)) + 1
  return { name, lines, parameters: node.parameters.length, nesting: nestingOf(node) }
}

function nameOf(node: ts.FunctionLikeDeclaration): string | undefined {
  if (ts.isConstructorDeclaration(node)) return `${node.parent.name?.text ?? "class"}.constructor`
  if (node.name) return node.name.getText()
  const { parent } = node
  const isAssigned = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
  return isAssigned || ts.isPropertyDeclaration(parent) ? parent.name.getText() : undefined
}

/** Of the function's own statements: what a function within it does is that one's affair. */
function nestingOf(root: ts.Node): number {
  const depthBelow = (node: ts.Node, depth: number): number => {
    const own = depth + (deepens(node) ? 1 : 0)
    let deepest = own
    ts.forEachChild(node, (child) => {
      if (!ts.isFunctionLike(child)) deepest = Math.max(deepest, depthBelow(child, own))
    })
    return deepest
  }
  return depthBelow(root, 0)
}

function deepens(node: ts.Node): boolean {
  if (ts.isIfStatement(node)) return !(ts.isIfStatement(node.parent) && node.parent.elseStatement === node)
  return ts.isIterationStatement(node, false) || ts.isSwitchStatement(node) || ts.isTryStatement(node)
}
