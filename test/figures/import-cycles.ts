import { posix } from "node:path"
import ts from "typescript"
import type { Source } from "./source-files.ts"

/** Groups of files that import each other in a circle, by path. Imports of types alone do not count: they are gone at run time. */
export function findCycles(sources: readonly Source[]): readonly (readonly string[])[] {
  const imports = new Map(sources.map((source) => [source.fileName, importsOf(source)]))
  const reached = new Map([...imports.keys()].map((path) => [path, reachableFrom(path, imports)]))
  const circles = new Map<string, readonly string[]>()
  for (const [path, others] of reached) {
    if (!others.has(path)) continue
    const circle = [...others].filter((other) => reached.get(other)?.has(path)).sort()
    circles.set(circle.join("\n"), circle)
  }
  return [...circles.values()]
}

function reachableFrom(start: string, imports: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set<string>()
  const open = [...(imports.get(start) ?? [])]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    open.push(...(imports.get(path) ?? []))
  }
  return reached
}

/** Files beside it that a file imports or exports from. */
function importsOf(source: Source): readonly string[] {
  return source.statements.flatMap((statement) => {
    const target = isValueImport(statement) ? statement.moduleSpecifier : undefined
    if (!target || !ts.isStringLiteral(target) || !target.text.startsWith(".")) return []
    return [posix.join(posix.dirname(source.fileName), target.text)]
  })
}

function isValueImport(statement: ts.Statement): statement is ts.ImportDeclaration | ts.ExportDeclaration {
  if (ts.isExportDeclaration(statement)) return !statement.isTypeOnly
  return ts.isImportDeclaration(statement) && statement.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword
}
