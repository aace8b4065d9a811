import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { access, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { type TestContext, test } from "node:test"
import { execa } from "execa"
import { filePaths } from "../../../components/staging/layout.ts"
import { findFreePorts } from "../../lab/free-ports.ts"
import { prepareImages } from "../../offline/images/images.ts"
import { prepareToolchain } from "../../offline/toolchain/toolchain.ts"

const checkout = resolve(import.meta.dirname, "../../..")
const serverName = "staging.localhost"
const paths = filePaths(serverName)

test("a staging stack comes up serving, stays as it is, keeps its secrets to itself and leaves nothing", async (t) => {
  const stack = await makeStack(t)
  const preview = await stack.pulumi("preview")
  assert.match(preview, /\+ 12 to create/)
  await assert.rejects(access(stack.folder), "preview makes nothing")

  await stack.pulumi("up", "--yes", "--skip-preview")
  await stack.pulumi("preview", "--refresh", "--expect-no-changes")
  await provesToServe(stack)
  await keepsItsSecrets(stack)

  await stack.pulumi("destroy", "--yes", "--skip-preview")
  await assert.rejects(access(stack.folder), { code: "ENOENT" })
  assert.deepEqual(await leftInDocker(stack), [])
})

interface Stack {
  readonly prefix: string
  readonly folder: string
  readonly ports: { readonly matrix: number; readonly auth: number; readonly element: number }
  readonly docker: string
  /** Runs `pulumi`, and returns what it printed; throws unless it ends well. */
  pulumi(...words: readonly string[]): Promise<string>
}

async function provesToServe({ ports }: Stack): Promise<void> {
  const ask = async (port: number, path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text()
  const flows = JSON.parse(await ask(ports.matrix, "/_matrix/client/v3/login"))
  const kinds = flows.flows.map(({ type }: { type: string }) => type)
  assert.ok(kinds.includes("m.login.password"), "the server is a legacy one")
  const wellKnown = JSON.parse(await ask(ports.matrix, "/.well-known/matrix/client"))
  assert.equal(wellKnown["m.homeserver"].base_url, `http://127.0.0.1:${ports.matrix}`)
  const discovery = JSON.parse(await ask(ports.auth, "/.well-known/openid-configuration"))
  assert.equal(discovery.issuer, `http://127.0.0.1:${ports.auth}/`)
  assert.match(await ask(ports.element, "/version"), /^v?\d+\.\d+\.\d+/)
  const config = JSON.parse(await ask(ports.element, "/config.json"))
  assert.equal(config.default_server_config["m.homeserver"].server_name, serverName)
}

async function keepsItsSecrets({ folder, docker, prefix, pulumi }: Stack): Promise<void> {
  const state = await pulumi("stack", "export", "--show-secrets")
  const { stdout: containers } = await execa(docker, ["inspect", `${prefix}-postgres`, `${prefix}-mas-postgres`])
  const secretFiles = [paths.homeserver, paths.mas, paths.bridge, paths.signingKey, paths.synapseDatabasePassword]
  const texts = await Promise.all(secretFiles.map((path) => readFile(join(folder, path), "utf8")))
  const words = texts.join("\n").match(/[A-Za-z0-9+/]{32,}/g) ?? []
  assert.ok(words.length > 20, "the files hold secrets")
  for (const word of words) {
    assert.ok(!state.includes(word), "a secret is in the state")
    assert.ok(!containers.includes(word), "a secret is in a container's configuration")
  }
}

async function leftInDocker({ docker, prefix }: Stack): Promise<string[]> {
  const kinds = [
    ["container", "ls", "--all"],
    ["volume", "ls"],
    ["network", "ls"],
  ]
  const found = await Promise.all(
    kinds.map((words) => execa(docker, [...words, "--quiet", "--filter", `name=${prefix}`])),
  )
  return found.flatMap(({ stdout }) => stdout.split("\n").filter(Boolean))
}

async function makeStack(t: TestContext): Promise<Stack> {
  const { environment, dockerCli: docker } = await prepareToolchain()
  const images = await prepareImages({ docker, environment })
  const root = await mkdtemp(join(tmpdir(), "staging-up-"))
  const [matrix = 0, auth = 0, element = 0] = await findFreePorts(3)
  const ports = { matrix, auth, element }
  const prefix = `staging-up-${randomBytes(4).toString("hex")}`
  const folder = join(root, "host")
  const project = join(root, "project")
  await writeProgram(project, { prefix, folder, serverName, ports, images })
  await mkdir(join(root, "state"))
  const env = { ...environment, PULUMI_BACKEND_URL: `file://${root}/state`, PULUMI_CONFIG_PASSPHRASE: prefix }
  const pulumi = async (...words: readonly string[]) => {
    const { stdout } = await execa("pulumi", [...words, "--stack", "it", "--non-interactive"], { cwd: project, env })
    return stdout
  }
  t.after(async () => {
    await pulumi("destroy", "--yes", "--skip-preview").catch(() => "gone already")
    for (const id of await leftInDocker({ prefix, folder, ports, docker, pulumi })) {
      await execa(docker, ["rm", "-fv", id], { reject: false })
    }
    await rm(root, { recursive: true, force: true })
  })
  await execa("pulumi", ["stack", "init", "it", "--non-interactive"], { cwd: project, env })
  return { prefix, folder, ports, docker, pulumi }
}

/** A program that is nothing but the stack, in a project folder of its own. */
async function writeProgram(project: string, args: object): Promise<void> {
  await mkdir(project)
  for (const name of ["components", "node_modules", "package.json"]) {
    await symlink(join(checkout, name), join(project, name))
  }
  const description = "name: staging-up\nruntime: {name: nodejs, options: {typescript: false}}\nmain: index.ts\n"
  await writeFile(join(project, "Pulumi.yaml"), description)
  const program = `import { StagingStack } from "./components/staging/staging-stack.ts"
new StagingStack("staging", ${JSON.stringify(args)})
`
  await writeFile(join(project, "index.ts"), program)
}
