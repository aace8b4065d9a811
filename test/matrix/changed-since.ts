import { execa } from "execa"
import { checkout, importedBy } from "../tiers/tests.ts"
import { filesOf, type Shard } from "./shards.ts"

/** What every lab runs, whatever its test imports. */
const underEveryLab = [
  "components/",
  "index.ts",
  "package.json",
  "package-lock.json",
  "Pulumi.yaml",
  "test/offline/",
  "test/lab/",
]

/** Tells whether anything that the shard rests on was changed after that commit. One that git does not know counts as long ago. */
export async function hasChangedSince(commit: string, shard: Shard): Promise<boolean> {
  if (commit.endsWith("+")) return true
  const git = await execa("git", ["diff", "--name-only", commit, "--"], { cwd: checkout, reject: false })
  if (git.exitCode !== 0) return true
  const imported = new Set((await filesOf(shard)).flatMap((file) => [...importedBy(file)]))
  const places = shard.lab === "none" ? ["package-lock.json"] : underEveryLab
  return git.stdout.split("\n").some((path) => imported.has(path) || places.some((place) => path.startsWith(place)))
}

/** The commit that is checked out; with a `+` behind it where files differ from it, the page of what was proven aside. */
export async function presentCommit(): Promise<string> {
  const git = (...words: readonly string[]) => execa("git", words, { cwd: checkout })
  const { stdout: commit } = await git("rev-parse", "--short=12", "HEAD")
  const { stdout: edits } = await git("status", "--porcelain", "--untracked-files=no", "--", ":!docs/proven.md")
  return edits === "" ? commit : `${commit}+`
}
