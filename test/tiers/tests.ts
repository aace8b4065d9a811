import { existsSync, readFileSync } from "node:fs"
import { readdir } from "node:fs/promises"
import { dirname, join, relative, resolve } from "node:path"

export const checkout = resolve(import.meta.dirname, "../..")

/** The tiers of `npm test`. The walk is one lab's and takes longest, so it begins first. */
export const tiers = ["walk", "integration", "unit"] as const
export type Tier = (typeof tiers)[number]

/** The test files of a tier, as paths below the checkout. */
export async function testsOf(tier: Tier): Promise<readonly string[]> {
  const entries = await readdir(join(checkout, "test", tier), { recursive: true })
  return entries
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join("test", tier, name))
    .toSorted()
}

export function tierOf(file: string): Tier | undefined {
  return tiers.find((tier) => file.startsWith(`test/${tier}/`))
}

/** All sources that a file imports, itself among them, as paths below the checkout. Packages are left out. */
export function importedBy(file: string): ReadonlySet<string> {
  const found = new Set<string>()
  const waiting = [file]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue
    found.add(next)
    waiting.push(...importsOf(next))
  }
  return found
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(checkout, file), "utf8")
  const named = [...text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, path = ""]) => path)
  const paths = named.map((path) => relative(checkout, resolve(checkout, dirname(file), path)))
  return paths.filter((path) => /\.m?ts$/.test(path) && existsSync(join(checkout, path)))
}
