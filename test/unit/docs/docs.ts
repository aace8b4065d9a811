import { glob, readFile } from "node:fs/promises"
import { join, resolve } from "node:path"

export const checkout = resolve(import.meta.dirname, "../../..")

export interface Page {
  /** Below the checkout. */
  readonly path: string
  readonly text: string
}

/** Every Markdown page of the project. */
export async function readDocs(): Promise<readonly Page[]> {
  const paths: string[] = []
  const exclude = (path: string) => /^(node_modules|out|\.git)$/.test(path)
  for await (const path of glob("**/*.md", { cwd: checkout, exclude })) paths.push(path)
  return Promise.all(paths.sort().map(async (path) => ({ path, text: await readFile(join(checkout, path), "utf8") })))
}

export interface Section {
  readonly title: string
  readonly text: string
}

/** What stands under each heading of the second level. */
export function sectionsOf(text: string): readonly Section[] {
  const [, ...parts] = text.split(/^## (.+)$/m)
  return parts.flatMap((title, index) => (index % 2 === 0 ? [{ title, text: parts[index + 1] ?? "" }] : []))
}

/** The text of one page, which has to be there. */
export async function readPage(path: string): Promise<string> {
  return readFile(join(checkout, path), "utf8")
}
