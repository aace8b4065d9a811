import { glob, readFile } from "node:fs/promises"
import { join } from "node:path"
import { parse } from "yaml"
import { checkout, readPage } from "../../unit/docs/docs.ts"

/** A file for a CI, as it stands in the project or in its docs. */
export interface Recipe {
  /** Where the CI looks for it. */
  readonly path: string
  readonly text: string
}

/** The workflows that are there for GitHub. */
export async function githubWorkflows(): Promise<readonly Recipe[]> {
  const paths: string[] = []
  for await (const path of glob(".github/workflows/*.yml", { cwd: checkout })) paths.push(path)
  return Promise.all(paths.sort().map(async (path) => ({ path, text: await readFile(join(checkout, path), "utf8") })))
}

/** Those that docs/ci.md has for others: a comment names each. */
export async function recipesFor(forge: "gitlab" | "forgejo"): Promise<readonly Recipe[]> {
  const found = (await readPage("docs/ci.md")).matchAll(/<!-- (\w+): (\S+) -->\n```yaml\n([\s\S]*?)```/g)
  return [...found].flatMap(([, whose, path = "", text = ""]) => (whose === forge ? [{ path, text }] : []))
}

/** What a workflow holds, as far as tests look at it. */
export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions?: object
  readonly env?: Readonly<Record<string, string>>
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": boolean }
  readonly jobs: Readonly<Record<string, Job>>
}

export interface Job extends Pick<Workflow, "permissions" | "env" | "concurrency"> {
  readonly if?: string
  readonly environment?: string
  readonly "timeout-minutes"?: number
  readonly steps: readonly Step[]
}

export interface Step {
  readonly uses?: string
  readonly run?: string
  readonly shell?: string
  readonly if?: string
  readonly env?: Readonly<Record<string, string>>
  readonly with?: Readonly<Record<string, unknown>>
}

export function readWorkflow({ text }: Recipe): Workflow {
  return parse(text) as Workflow
}

/** The commands of GitLab's jobs, those that go before each included. */
export function gitlabCommands({ text }: Recipe): readonly string[] {
  type Scripts = { readonly before_script?: readonly string[]; readonly script?: readonly string[] }
  const jobs = Object.values(parse(text) as Readonly<Record<string, Scripts>>)
  return jobs.flatMap(({ before_script = [], script = [] }) => [...before_script, ...script])
}
