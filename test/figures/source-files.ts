import { glob, readFile } from "node:fs/promises"
import { join } from "node:path"
import ts from "typescript"

/** A parsed file, named by its path below the checkout. */
export type Source = ts.SourceFile

/** Every TypeScript file below a folder of the checkout, sorted by path. */
export async function readSources(root: string, folder: string): Promise<readonly Source[]> {
  const paths: string[] = []
  for await (const path of glob(`${folder}/**/*.ts`, { cwd: root })) paths.push(path)
  return Promise.all(paths.sort().map(async (path) => parseSource(path, await readFile(join(root, path), "utf8"))))
}

export function parseSource(path: string, text: string): Source {
  const setParentNodes = true
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, setParentNodes, ts.ScriptKind.TS)
}
