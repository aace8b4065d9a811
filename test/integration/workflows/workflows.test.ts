import assert from "node:assert/strict"
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { before, type TestContext, test } from "node:test"
import { execa } from "execa"
import { prepareGitlabCiLocal } from "../../offline/toolchain/gitlab-ci-local.ts"
import { built } from "../../offline/toolchain/go.ts"
import { actionlint } from "../../offline/toolchain/go-programs.ts"
import { versions } from "../../offline/toolchain/versions.ts"
import { checkout, readPage } from "../../unit/docs/docs.ts"
import { githubWorkflows, gitlabCommands, type Job, type Recipe, readWorkflow, recipesFor } from "./recipes.ts"

let linter: string
before(async () => {
  linter = join(await built(actionlint, () => {}), actionlint.program)
})

/** Forgejo takes an action from anywhere; GitHub's linter does not know that. */
const fromElsewhere = ["-ignore", 'specifying action "https://github\\.com/actions/[^"]+" in invalid format']

async function lint(t: TestContext, { path, text }: Recipe, options: readonly string[] = []): Promise<string> {
  const folder = await temporaryFolder(t)
  const file = join(folder, ".github/workflows", path.split("/").at(-1) ?? "")
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  const config = join(checkout, ".github/actionlint.yaml")
  const words = ["-no-color", "-shellcheck=", "-pyflakes=", "-config-file", config, ...options, file]
  return (await execa(linter, words, { reject: false })).stdout
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "workflows-test-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test("actionlint finds nothing in any workflow, and finds a mistake put into one", async (t) => {
  const workflows = await githubWorkflows()
  assert.deepEqual(workflows.map(({ path }) => path.split("/").at(-1)).sort(), [
    "ci.yml",
    "drift.yml",
    "preview.yml",
    "up.yml",
  ])
  for (const workflow of workflows) assert.equal(await lint(t, workflow), "", workflow.path)
  const [any] = workflows
  const broken = { path: "broken.yml", text: any?.text.replace("runs-on:", "runs-at:") ?? "" }
  assert.match(await lint(t, broken), /unexpected key "runs-at"/)
})

test("actionlint finds nothing in the recipes for Forgejo", async (t) => {
  const recipes = await recipesFor("forgejo")
  assert.deepEqual(
    recipes.map(({ path }) => path),
    ["drift", "preview", "up"].map((name) => `.forgejo/workflows/${name}.yml`),
  )
  for (const recipe of recipes) assert.equal(await lint(t, recipe, fromElsewhere), "", recipe.path)
})

test("GitLab's own schema accepts the recipe for GitLab, and refuses a mistake put into it", async (t) => {
  const [recipe, ...others] = await recipesFor("gitlab")
  assert.ok(recipe)
  assert.deepEqual(others, [])
  const program = await prepareGitlabCiLocal(() => {})
  const list = async (text: string) => {
    const folder = await temporaryFolder(t)
    await execa("git", ["init", "--quiet", "."], { cwd: folder })
    await writeFile(join(folder, ".gitlab-ci.yml"), text)
    return execa("node", [program, "--list-all"], { cwd: folder, reject: false, all: true })
  }
  const good = await list(recipe.text)
  assert.equal(good.exitCode, 0, good.all)
  for (const job of ["preview", "up", "drift"]) assert.match(good.all, new RegExp(`^${job}\\b`, "m"))
  const bad = await list(recipe.text.replace("resource_group:", "resourcegroup:"))
  assert.notEqual(bad.exitCode, 0)
  assert.match(bad.all, /resourcegroup/)
})

test("every action is pinned by a whole commit, with its version beside it, the same everywhere", async () => {
  const recipes = [...(await githubWorkflows()), ...(await recipesFor("forgejo"))]
  const uses = recipes.flatMap(({ text }) => text.match(/uses: .*/g) ?? [])
  assert.ok(uses.length >= 15)
  for (const line of uses) assert.match(line, /uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  const versionsByAction = Object.groupBy(uses, (line) => line.replace("https://github.com/", "").replace(/@.*/, ""))
  for (const lines of Object.values(versionsByAction))
    assert.equal(new Set(lines?.map((line) => line.replace("https://github.com/", ""))).size, 1)
})

test("a job may read the repository and no more, ends by itself, and gives its runner no token to keep", async () => {
  for (const [name, workflow, job] of await jobs()) {
    const { contents, ...more } = { ...workflow.permissions, ...job.permissions } as Record<string, string>
    assert.equal(contents, "read", name)
    assert.deepEqual(more, {}, name)
    assert.ok((job["timeout-minutes"] ?? 0) > 0, `${name} has no limit`)
    const [checkedOut] = job.steps
    assert.equal(checkedOut?.with?.["persist-credentials"], false, name)
  }
})

test("a secret reaches only the steps that run Pulumi", async () => {
  for (const { path, text } of [...(await githubWorkflows()), ...(await recipesFor("forgejo"))]) {
    const { env, jobs: all } = readWorkflow({ path, text })
    const elsewhere = JSON.stringify([env, Object.values(all).map(({ steps, ...job }) => job)])
    assert.doesNotMatch(elsewhere, /secrets\./, path)
    for (const { run = "", with: given, env: own, uses } of Object.values(all).flatMap(({ steps }) => steps)) {
      assert.doesNotMatch(JSON.stringify([run, given, uses]), /secrets\./, path)
      if (JSON.stringify(own ?? {}).includes("secrets."))
        assert.match(run, /^(pulumi (preview|up)|npm run drift) /, path)
    }
  }
})

test("a pull request from a fork gets neither a secret nor the runner on the server", async () => {
  const recipes = [...(await githubWorkflows()), ...(await recipesFor("forgejo"))]
  for (const recipe of recipes) {
    const { on, jobs: all } = readWorkflow(recipe)
    assert.ok(!("pull_request_target" in on) && !("workflow_run" in on), recipe.path)
    if (!("pull_request" in on) || !recipe.text.includes("secrets.")) continue
    for (const job of Object.values(all))
      assert.match(job.if ?? "", /github\.event\.pull_request\.head\.repo\.full_name == github\.repository/)
  }
  const [gitlab] = await recipesFor("gitlab")
  assert.match(gitlab?.text ?? "", /merge_request_event" && \$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == \$CI_PROJECT_ID/)
})

test("drift is looked for by the clock, prod is brought up by hand behind a protected environment, one after the other", async () => {
  const workflows = Object.fromEntries(
    (await githubWorkflows()).map((one) => [one.path.split("/").at(-1), readWorkflow(one)]),
  )
  const { "drift.yml": drift, "up.yml": up, "preview.yml": preview } = workflows
  assert.ok(drift && up && preview)
  assert.deepEqual(Object.keys(drift.on).sort(), ["schedule", "workflow_dispatch"])
  assert.deepEqual(Object.keys(up.on), ["workflow_dispatch"])
  assert.deepEqual(Object.keys(preview.on), ["pull_request"])
  assert.equal(up.jobs.up?.environment, "prod")
  const oneAfterTheOther = { group: "pulumi-prod", "cancel-in-progress": false }
  assert.deepEqual(drift.jobs.drift?.concurrency, oneAfterTheOther)
  assert.deepEqual(up.jobs.up?.concurrency, oneAfterTheOther)
  assert.ok(preview.jobs.preview?.concurrency?.group.startsWith("preview-"))
})

test("the recipes for GitLab and Forgejo run the commands of GitHub's workflows, and no others", async () => {
  const run = (recipe: Recipe) =>
    Object.values(readWorkflow(recipe).jobs).flatMap(({ steps }) => steps.flatMap(({ run: one }) => one ?? []))
  const known = (await githubWorkflows()).flatMap(run).map(command)
  const others = [
    ...(await recipesFor("forgejo")).flatMap(run),
    ...(await recipesFor("gitlab")).flatMap(gitlabCommands),
  ]
  assert.ok(others.length >= 10)
  for (const other of others) assert.ok(known.includes(command(other)), other)
})

/** Without where the files go: that is each CI's own. */
function command(line: string): string {
  return line.replace(/ (\| tee|--markdown|--html) .*$/, "")
}

test("the workflows install the Pulumi and the Node that everything is tried with", async () => {
  for (const { text, path } of await githubWorkflows()) {
    for (const [, version] of text.matchAll(/pulumi-version: (\S+)/g)) assert.equal(version, versions.pulumi, path)
    for (const [, version] of text.matchAll(/node-version: (\S+)/g)) {
      const { devDependencies } = JSON.parse(await readFile(join(checkout, "package.json"), "utf8"))
      assert.equal(version, devDependencies.node.split(".")[0], path)
    }
  }
})

test("docs/ci.md names every secret and variable that the workflows want", async () => {
  const page = await readPage("docs/ci.md")
  const texts = (await githubWorkflows()).map(({ text }) => text).join("\n")
  const names = [...texts.matchAll(/(?:secrets|vars)\.([A-Z_]+)/g)].map(([, name]) => name)
  assert.ok(names.length > 5)
  for (const name of names) assert.ok(page.includes(`\`${name}\``), `${name} is not there`)
})

type Named = readonly [string, ReturnType<typeof readWorkflow>, Job]

async function jobs(): Promise<readonly Named[]> {
  const workflows = (await githubWorkflows()).map((one) => [one.path, readWorkflow(one)] as const)
  return workflows.flatMap(([path, workflow]) =>
    Object.entries(workflow.jobs).map(([name, job]) => [`${path}: ${name}`, workflow, job] as const),
  )
}
