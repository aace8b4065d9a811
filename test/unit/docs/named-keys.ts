import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"
import { checkout, readDocs } from "./docs.ts"

/** A key of a stack's config as a text names it, and where that text is. */
export interface NamedKey {
  readonly where: string
  /** @example ["clients", 0, "redirectUris"] */
  readonly path: readonly (string | number)[]
}

/** Texts that operators read: of the program, of the pages, and the comments of the stacks' examples. */
export async function readTexts(): Promise<readonly { readonly where: string; readonly text: string }[]> {
  const isOperators = (path: string) => /^(?:docs\/|README|CHANGELOG)/.test(path)
  const pages = (await readDocs())
    .filter(({ path }) => isOperators(path))
    .map(({ path, text }) => ({ where: path, text }))
  const sources = globSync("components/**/*.ts", { cwd: checkout }).flatMap((path) =>
    textsIn(path, readFileSync(join(checkout, path), "utf8")).map((text) => ({ where: path, text })),
  )
  const examples = globSync("Pulumi.*.yaml", { cwd: checkout }).map((path) => {
    const lines = readFileSync(join(checkout, path), "utf8").matchAll(/(?:^|\s)# (.*)$/gm)
    return { where: path, text: [...lines].map(([, comment]) => comment).join("\n") }
  })
  return [...pages, ...sources, ...examples]
}

/** The strings of a source, whole and in pieces around what is put in. Programs in another language are left out. */
export function textsIn(path: string, source: string): readonly string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)
    if (isText && !/^import \w/m.test(node.text)) found.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true))
  return found
}

/** Names with a section before a dot: `mas.container`, `clients[0].id`, `clientSecrets.NAME`. Names of files are none. */
export function dottedKeys(text: string, sections: readonly string[]): readonly NamedKey["path"][] {
  const named = new RegExp(
    `(?<![\\w./:@$-])(?:${sections.join("|")})(?:\\[\\d*\\])?(?:\\.[A-Za-z][\\w-]*(?:\\[\\d*\\])?)+`,
    "g",
  )
  const names = [...text.matchAll(named)].map(([name]) => name)
  return names.filter((name) => !fileName.test(name)).map(pathOf)
}

/** Words in backticks with a dot between parts that could be keys. Names of files are none. */
export function dottedWords(text: string): readonly string[] {
  const words = [...text.matchAll(/`([a-z][A-Za-z]*(?:\[\d*\])?(?:\.[a-z]\w*(?:\[\d*\])?)+)(?:: [^`\n]*)?`/g)]
  return words.map(([, word = ""]) => word).filter((word) => !fileName.test(word))
}

const fileName = /\.(?:yaml|json|dump|tar|ts|sh|lock|txt|md|html)$/

/** What `pulumi config set` is told to set. */
export function keysSet(text: string): readonly NamedKey["path"][] {
  const commands = text.matchAll(/pulumi config (?:set|get|rm) (?:--?[a-z]+ )*["'`]?([A-Za-z][\w.[\]-]*)/g)
  return [...commands].map(([, name = ""]) => pathOf(name))
}

function pathOf(name: string): NamedKey["path"] {
  return [...name.matchAll(/\[(\d*)\]|[^.[\]]+/g)].map(([step, index]) => (index === undefined ? step : Number(index)))
}

/** Words in backticks that are written as our keys alone are: `homeserverYaml`, `authMethod: none`. */
export function camelWords(text: string): readonly string[] {
  return [...text.matchAll(/`([a-z]+[A-Z][A-Za-z]*)(?:: [^`\n]*)?`/g)].map(([, word = ""]) => word)
}

/** The lines of a stack's example that are commented out, as if they were not; prose stays a comment. */
export function withoutCommentMarks(text: string): string {
  return text.replaceAll(/^( *)# ( *(?:- )?(?:matrix-auth:)?[a-z][A-Za-z]*:(?: \S.*)?)$/gm, "$1$2")
}
