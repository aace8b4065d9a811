import assert from "node:assert/strict"
import { access, glob, readFile } from "node:fs/promises"
import { join, posix } from "node:path"
import { test } from "node:test"
import { anchorsOf, linksIn, npmScriptsIn } from "./addresses.ts"
import { checkout, type Page, readDocs } from "./docs.ts"

const pages = await readDocs()

test("every link between pages leads to a file that exists, and to a heading that it has", async () => {
  const linked = pages.flatMap((page) => linksIn(page.text).map((link) => ({ page, link })))
  assert.ok(linked.length > 10, "the links were found")
  const broken = await Promise.all(linked.map(async (each) => ((await leadsSomewhere(each)) ? [] : [sayIn(each)])))
  assert.deepEqual(broken.flat(), [])
})

test("every `npm run` that a page names is a script of package.json", async () => {
  const { scripts } = JSON.parse(await readFile(join(checkout, "package.json"), "utf8")) as { scripts: object }
  const named = pages.flatMap(({ path, text }) => npmScriptsIn(text).map((script) => ({ path, script })))
  assert.ok(named.length > 5, "the scripts were found")
  assert.deepEqual(
    named.filter(({ script }) => !Object.hasOwn(scripts, script)),
    [],
  )
})

test("every page that the program names in its errors exists", async () => {
  const named = new Set<string>()
  for await (const path of glob("components/**/*.ts", { cwd: checkout })) {
    const text = await readFile(join(checkout, path), "utf8")
    for (const [page] of text.matchAll(/\b(?:docs\/[\w-]+|README|CONTRIBUTING)\.md\b/g)) named.add(page)
  }
  assert.ok(named.has("docs/proxy.md"), "the names were found")
  const there = new Set(pages.map(({ path }) => path))
  assert.deepEqual(
    [...named].filter((page) => !there.has(page)),
    [],
  )
})

test("links are told from code, and headings from comments in code", () => {
  const text = [
    "# Every error, by its `code`",
    "[one](docs/a.md#b) and ![picture](b.png), [two](https://example.org/), `[no](link.md)`",
    "```",
    "# no heading",
    "[no](link.md)",
    "```",
    "## document/unusable",
    "Run `npm run check`, `npm run -s lab:env` or `npm run rehearse -- --keep`.",
    "## document/unusable",
  ].join("\n")
  assert.deepEqual(linksIn(text), ["docs/a.md#b", "b.png"])
  assert.deepEqual(anchorsOf(text), ["every-error-by-its-code", "documentunusable", "documentunusable-1"])
  assert.deepEqual(npmScriptsIn(text), ["check", "lab:env", "rehearse"])
})

interface Link {
  readonly page: Page
  readonly link: string
}

async function leadsSomewhere({ page, link }: Link): Promise<boolean> {
  const [file = "", anchor] = link.split("#")
  const path = file === "" ? page.path : posix.join(posix.dirname(page.path), decodeURI(file))
  const isThere = await access(join(checkout, path)).then(
    () => true,
    () => false,
  )
  if (!isThere || anchor === undefined) return isThere
  return anchorsOf(pages.find((other) => other.path === path)?.text ?? "").includes(anchor)
}

function sayIn({ page, link }: Link): string {
  return `${page.path}: ${link}`
}
