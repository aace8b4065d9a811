import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { execa } from "execa"
import { temporaryProject } from "./temporary-project.ts"
import { prepareToolchain } from "./toolchain.ts"
import { versions } from "./versions.ts"

test("a program with a Docker network and a command goes up without a warning, is then unchanged, and goes away", async (t) => {
  const { dockerCli } = await prepareToolchain()
  const network = `toolchain-test-${randomBytes(4).toString("hex")}`
  const project = await temporaryProject(t, "runs-commands")
  await project.want({ network, commands: { hello: { create: "echo hello" } } })

  const up = await project.pulumi("up", "--yes")
  assert.equal(up.exitCode, 0, up.output)
  assert.doesNotMatch(up.output, /warning/i)
  await execa(dockerCli, ["network", "inspect", network])

  const again = await project.pulumi("preview", "--refresh", "--expect-no-changes")
  assert.equal(again.exitCode, 0, again.output)
  assert.doesNotMatch(again.output, /warning/i)

  const destroy = await project.pulumi("destroy", "--yes")
  assert.equal(destroy.exitCode, 0, destroy.output)
  assert.equal((await execa(dockerCli, ["network", "inspect", network], { reject: false })).exitCode, 1)
})

test("a prepared toolchain is handed out again without making anything", async () => {
  const first = await prepareToolchain()
  const said: string[] = []
  const second = await prepareToolchain((line) => said.push(line))
  assert.deepEqual(said, [])
  assert.deepEqual(second, first)
})

test("the pinned versions are those that the Go modules build and the npm packages ask for", async () => {
  const root = join(import.meta.dirname, "../../..")
  const modules = async (folder: string) => readFile(join(import.meta.dirname, folder, "go.mod"), "utf8")
  assert.match(await modules("cli"), new RegExp(`pulumi/pulumi/pkg/v3 v${versions.pulumi}\\b`))
  assert.match(await modules("cli"), new RegExp(`pulumi/pulumi/sdk/v3 v${versions.pulumi}\\b`))
  assert.match(await modules("language-host"), new RegExp(`pulumi/pulumi/sdk/v3 v${versions.languageHost}\\b`))
  assert.match(await modules("actionlint"), new RegExp(`rhysd/actionlint v${versions.actionlint}\\b`))
  const plugin = await readFile(join(import.meta.dirname, "docker-plugin/main.go"), "utf8")
  assert.match(plugin, new RegExp(`const version = "${versions.dockerPlugin}"`))
  const { dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"))
  assert.equal(dependencies["@pulumi/docker"], versions.dockerPlugin)
  assert.equal(dependencies["@pulumi/command"], versions.commandPlugin)
})
