import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { checkout } from "../tiers/tests.ts"

/** When a shard last held, and what that took. */
export interface Held {
  /** ISO 8601, to the minute. */
  readonly at: string
  /** The commit; with a `+` behind it there were edits besides. */
  readonly commit: string
  readonly seconds: number
  readonly tests: number
  /** `official`, `real` or `stand-in`. */
  readonly mas: string
}

export type Proven = ReadonlyMap<string, Held>

const page = join(checkout, "docs/proven.md")

const head = `# Proven

When each part of \`npm run test:matrix\` last held, at which commit, and on which MAS. The runs write this page; nobody edits it by
hand. \`.ci/run\` takes first what has changed since, and then what has waited longest.

| shard | last held (UTC) | at commit | took | tests | MAS |
| --- | --- | --- | --- | --- | --- |
`

export async function readProven(file = page): Promise<Proven> {
  const text = await readFile(file, "utf8").catch(() => "")
  const rows = text.split("\n").map((line) => line.split("|").map((cell) => cell.trim()))
  const held = rows.flatMap(([, name = "", at = "", commit = "", took = "", tests = "", mas = ""]) =>
    /^\d+ s$/.test(took)
      ? [[name, { at, commit, seconds: Number.parseInt(took, 10), tests: Number(tests), mas }] as const]
      : [],
  )
  return new Map(held)
}

/** Writes the page anew, with the rows of these shards only: what is no shard any more proves nothing. */
export async function writeProven(proven: Proven, names: readonly string[], file = page): Promise<void> {
  const rows = names.flatMap((name) => {
    const held = proven.get(name)
    if (held === undefined) return [`| ${name} | never | | | | |`]
    return [`| ${name} | ${held.at} | ${held.commit} | ${held.seconds} s | ${held.tests} | ${held.mas} |`]
  })
  await writeFile(file, `${head}${rows.join("\n")}\n`)
}
