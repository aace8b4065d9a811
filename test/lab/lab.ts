import { randomBytes } from "node:crypto"
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import { parse, stringify } from "yaml"
import { stagingPlaces, stagingPrefix } from "../../components/staging/staging-places.ts"
import { type LabImages, prepareImages } from "../offline/images/images.ts"
import { prepareToolchain } from "../offline/toolchain/toolchain.ts"
import { findFreePorts } from "./free-ports.ts"
import { endAllOf } from "./processes.ts"
import { makeProject, stagingExample } from "./project.ts"

export interface LabOptions {
  /** Images in the place of the lab's own. */
  readonly images?: Readonly<Partial<LabImages>>
  /** Told what is prepared, a line each. */
  readonly say?: (line: string) => void
}

/** What a finished `pulumi` left behind. */
export interface PulumiRun {
  readonly exitCode: number
  /** Standard output and error as they came. */
  readonly output: string
}

/** A staging stack of its own: toolchain, images, project, state, ports and files, under names that nobody else has. */
export interface Lab extends AsyncDisposable {
  readonly stack: string
  readonly serverName: string
  /** The containers, files and addresses of the stack. */
  readonly places: ReturnType<typeof stagingPlaces>
  readonly dockerCli: string
  /** What its containers are made of. */
  readonly images: LabImages
  /** The environment of a Pulumi run in this lab. */
  readonly environment: Readonly<Record<string, string>>
  /** The folder that `pulumi` runs in. */
  readonly project: string
  /** Secret of the lab's one confidential client. */
  readonly clientSecret: string
  /** All that `pulumi` has printed in this lab so far. */
  readonly transcript: readonly string[]
  /** Runs `pulumi` in the lab. Resolves whatever the exit code is. */
  pulumi(...words: readonly string[]): Promise<PulumiRun>
  /** Brings up the server alone: a living homeserver that none of our resources has touched. Throws when that fails. */
  bringUpServer(): Promise<void>
  /**
   * A second stack over the same server, as somebody has who brings their own: the same places, written into the config,
   * and no `staging`. Nothing of it exists yet.
   */
  adopt(): Promise<AdoptingStack>
  /** Sets keys of the stack's config, laid over what is there; keys without namespace. */
  configure(values: Readonly<Record<string, unknown>>): Promise<void>
  /** Edits a file of the server, as somebody would by hand. */
  edit(path: string, change: (text: string) => string): Promise<void>
  /** Takes everything down and away, whatever state it is in. */
  destroy(): Promise<void>
}

/** A stack that knows the lab's server as somebody else's. */
export interface AdoptingStack {
  readonly stack: string
  /** The section `synapse` of its config. */
  readonly synapse: Readonly<Record<string, unknown>>
  /** The section `rehearsal`: it asks for none, and says why. */
  readonly rehearsal: Readonly<Record<string, unknown>>
  configure(values: Readonly<Record<string, unknown>>): Promise<void>
  /** Runs `pulumi` on this stack; `environment` is laid over the lab's. */
  pulumi(words: readonly string[], environment?: Readonly<Record<string, string>>): Promise<PulumiRun>
}

const labServerName = "staging.localhost"

/** Prepares a lab. Nothing of the stack exists yet: `pulumi("up", …)` brings it up. */
export async function makeLab({ images: overrides = {}, say = () => {} }: LabOptions = {}): Promise<Lab> {
  const { environment: tools, dockerCli } = await prepareToolchain(say)
  const images = await prepareImages({ docker: dockerCli, environment: tools, overrides, say })
  const root = await mkdtemp(join(tmpdir(), "matrix-auth-lab-"))
  const stack = `lab-${randomBytes(4).toString("hex")}`
  const project = join(root, "project")
  const environment = {
    ...tools,
    PULUMI_BACKEND_URL: `file://${join(root, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: randomBytes(12).toString("hex"),
  }
  await mkdir(join(root, "state"))
  await makeProject(project)
  const [matrix = 0, auth = 0, element = 0] = await findFreePorts(3)
  const staging = { folder: join(root, "host"), ports: { matrix, auth, element }, images }
  const lab = labOver({ images, root, project, stack, environment, dockerCli, staging })
  const created = await lab.pulumi("stack", "init", `organization/matrix-auth/${stack}`)
  if (created.exitCode !== 0) throw new Error(`the lab's stack could not be made: ${created.output}`)
  await lab.configure(await exampleConfig(element))
  await lab.configure({ serverName: labServerName, staging })
  await keepClientSecret(lab)
  await writeFile(join(root, "environment.sh"), exportsOf(environment), { mode: 0o600 })
  return endedBySignals(lab)
}

const signals = ["SIGINT", "SIGTERM"] as const
/** The labs of this process. */
const living = new Set<Lab>()
let isEnding = false

/** Ctrl-C takes the lab down as well, and so does a test runner that ends its files. */
function endedBySignals(lab: Lab): Lab {
  if (living.size === 0) for (const signal of signals) process.on(signal, endAll)
  living.add(lab)
  const destroy = async () => {
    await lab.destroy()
    living.delete(lab)
    if (living.size === 0) for (const signal of signals) process.off(signal, endAll)
  }
  return { ...lab, destroy, [Symbol.asyncDispose]: destroy }
}

/** It stays a listener while it works: where execa finds nobody but itself, it lets the signal end the process at once. */
function endAll(): void {
  if (isEnding) return
  isEnding = true
  process.stderr.write("ended by a signal: taking the lab down\n")
  void Promise.allSettled([...living].map((lab) => lab.destroy())).finally(() => process.exit(130))
}

/** For a shell, so that a lab that is kept can be worked with by hand. */
function exportsOf(environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`,
  )
  return lines.join("")
}

/** By standard input: arguments are for everybody to see. */
async function keepClientSecret({ project, environment, stack, clientSecret }: Lab): Promise<void> {
  const words = ["config", "set", "--stack", stack, "--secret", "--path", "clientSecrets.admin_panel"]
  await execa("pulumi", words, { cwd: project, env: environment, input: clientSecret })
}

interface LabParts {
  readonly images: LabImages
  readonly root: string
  readonly project: string
  readonly stack: string
  readonly environment: Readonly<Record<string, string>>
  readonly dockerCli: string
  readonly staging: Parameters<typeof stagingPlaces>[1]
}

function labOver({ images, root, project, stack, environment, dockerCli, staging }: LabParts): Lab {
  const prefix = stagingPrefix("matrix-auth", stack)
  const transcript: string[] = []
  const run = async (words: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<PulumiRun> => {
    const env = { ...environment, ...more }
    const options = { cwd: project, env, reject: false, all: true, stdin: "ignore" } as const
    const { exitCode, all } = await execa("pulumi", [...words, "--non-interactive", "--color", "never"], options)
    transcript.push(all)
    return { exitCode: exitCode ?? -1, output: all }
  }
  const pulumi = (...words: readonly string[]) => run(words)
  const destroy = async () => {
    // A run that a test left, or whose test was ended, would go on at what is taken down.
    await endAllOf({ environment, places: stagingPlaces(prefix, staging) })
    await pulumi("cancel", "--yes", "--stack", stack)
    await pulumi("destroy", "--yes", "--skip-preview", "--refresh=false", "--stack", stack)
    await removeLeftovers(dockerCli, prefix)
    await rm(root, { recursive: true, force: true })
  }
  return {
    stack,
    serverName: labServerName,
    places: stagingPlaces(prefix, staging),
    dockerCli,
    images,
    environment,
    project,
    clientSecret: randomBytes(24).toString("base64url"),
    transcript,
    pulumi,
    async bringUpServer() {
      const targets = ["**matrix:StagingStack**", "**staging:Scaffold**"].flatMap((urn) => ["--target", urn])
      const { exitCode, output } = await pulumi("up", "--yes", "--skip-preview", "--stack", stack, ...targets)
      if (exitCode !== 0) throw new Error(`the lab's server did not come up: ${output}`)
    },
    configure: (values) => writeConfig(join(project, `Pulumi.${stack}.yaml`), values),
    adopt: () =>
      adoptingStack({ pulumiIn: run, project, stack: `${stack}-own`, places: stagingPlaces(prefix, staging) }),
    edit: async (path, change) => writeFile(path, change(await readFile(path, "utf8"))),
    destroy,
    [Symbol.asyncDispose]: destroy,
  }
}

interface AdoptingParts {
  readonly pulumiIn: AdoptingStack["pulumi"]
  readonly project: string
  readonly stack: string
  readonly places: ReturnType<typeof stagingPlaces>
}

async function adoptingStack({ pulumiIn, project, stack, places }: AdoptingParts): Promise<AdoptingStack> {
  const created = await pulumiIn(["stack", "init", `organization/matrix-auth/${stack}`])
  if (created.exitCode !== 0) throw new Error(`the adopting stack could not be made: ${created.output}`)
  const { staging: _, clients, acknowledge, ...example } = await exampleConfig(0)
  const own = (clients as { name: string }[]).filter(({ name }) => name !== "admin_panel")
  const configure = (values: Readonly<Record<string, unknown>>) =>
    writeConfig(join(project, `Pulumi.${stack}.yaml`), values)
  const synapse = { ...(example.synapse as object), ...places.synapse }
  const rehearsal = { override: "a lab, where nobody has anything to lose" }
  const whole = { ...example, ...places, synapse, clients: own, acknowledge, rehearsal, serverName: labServerName }
  await configure({ ...whole, lab: true })
  return {
    stack,
    synapse,
    rehearsal,
    configure,
    pulumi: (words, environment) => pulumiIn([...words, "--stack", stack], environment),
  }
}

async function exampleConfig(elementPort: number): Promise<Record<string, unknown>> {
  const { config } = parse(await readFile(stagingExample, "utf8")) as { config: Record<string, unknown> }
  const values = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace("matrix-auth:", ""), value]),
  )
  const clients = values.clients as { name: string; redirectUris: string[] }[]
  const element = clients.find(({ name }) => name === "element")
  if (element) element.redirectUris = [`http://127.0.0.1:${elementPort}/`]
  const adminPanel = { name: "admin_panel", authMethod: "client_secret_basic", redirectUris: [] }
  return { ...values, clients: [...clients, adminPanel] }
}

async function writeConfig(file: string, values: Readonly<Record<string, unknown>>): Promise<void> {
  const stored = parse(await readFile(file, "utf8")) as { config?: Record<string, unknown> } | null
  const own = Object.fromEntries(Object.entries(values).map(([key, value]) => [`matrix-auth:${key}`, value]))
  await writeFile(file, stringify({ ...stored, config: { ...stored?.config, ...own } }))
}

/** What a killed run may have left: containers, volumes and the network carry the stack's name. */
async function removeLeftovers(docker: string, prefix: string): Promise<void> {
  const named = async (kind: "container" | "volume" | "network", words: readonly string[]) => {
    const filter = ["--filter", `name=${prefix}`, "--quiet"]
    const { stdout } = await execa(docker, [kind, "ls", ...words, ...filter], { reject: false })
    return stdout.split("\n").filter(Boolean)
  }
  for (const id of await named("container", ["--all"])) await execa(docker, ["rm", "-fv", id], { reject: false })
  for (const name of await named("volume", [])) await execa(docker, ["volume", "rm", name], { reject: false })
  for (const id of await named("network", [])) await execa(docker, ["network", "rm", id], { reject: false })
}
