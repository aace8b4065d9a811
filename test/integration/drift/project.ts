import { hash } from "node:crypto"
import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { execa, type ResultPromise } from "execa"
import type { DriftReport } from "../../../components/drift/drift-report.ts"
import { type TemporaryProject, temporaryProject } from "../../offline/toolchain/temporary-project.ts"
import { prepareToolchain } from "../../offline/toolchain/toolchain.ts"
import { checkout } from "../../unit/docs/docs.ts"

/** What a finished look left behind. */
export interface Looked {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** A stack of one well-known document, brought up: what the drift command is tried on where no server is needed. */
export interface KeptDocument extends TemporaryProject {
  /** The document. */
  readonly file: string
  /** Wants something else than the document with its issuer; without `up`. */
  alsoWant(more: object): Promise<void>
  /** `npm run drift`; the stack is `test` unless another is named. */
  drift(words?: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Looked>
  /** The same, as it goes on. */
  startDrift(words?: readonly string[], environment?: Readonly<Record<string, string>>): ResultPromise
  /** The same on a terminal; returns what it shows. */
  driftOnTerminal(): Promise<string>
  report(words?: readonly string[]): Promise<DriftReport>
  /** All files of the state and of the host by path: digest and time of writing. */
  files(): Promise<Readonly<Record<string, string>>>
}

export const issuer = "https://auth.example.org/"
export const key = '["org.matrix.msc2965.authentication"].issuer'

export async function keptDocument(t: TestContext): Promise<KeptDocument> {
  const project = await temporaryProject(t, "keeps-a-document")
  const { folder } = project
  const host = join(folder, "host")
  const file = join(host, "client.json")
  const wanted = { file, keptAt: join(host, "kept.json"), issuer }
  await mkdir(host)
  await writeFile(file, `{\n  "m.homeserver": { "base_url": "https://example.org" }\n}\n`)
  await symlink(join(checkout, "components"), join(folder, "components"))
  await project.want(wanted)
  const { exitCode, output } = await project.pulumi("up", "--yes", "--skip-preview")
  if (exitCode !== 0) throw new Error(output)

  const { environment } = await prepareToolchain()
  const env = { ...environment, PULUMI_BACKEND_URL: `file://${join(folder, "state")}`, PULUMI_CONFIG_PASSPHRASE: "lab" }
  const command = join(checkout, "components/commands/drift.ts")
  const startDrift: KeptDocument["startDrift"] = (words = ["--stack", "test"], more = {}) => {
    const options = {
      cwd: folder,
      env: { ...env, GITHUB_STEP_SUMMARY: "", ...more },
      reject: false,
      stripFinalNewline: false,
    } as const
    return execa("node", [command, ...words], options) as ResultPromise
  }
  const drift: KeptDocument["drift"] = async (words, more) => {
    const { exitCode: rc = -1, stdout = "", stderr = "" } = await startDrift(words, more)
    return { exitCode: rc, stdout: String(stdout), stderr: String(stderr) }
  }
  return {
    ...project,
    file,
    alsoWant: (more) => project.want({ ...wanted, ...more }),
    startDrift,
    drift,
    async driftOnTerminal() {
      const words = ["--quiet", "--return", "--command", `node ${command} --stack test`, join(folder, "typescript")]
      return (await execa("script", words, { cwd: folder, env, stripFinalNewline: false })).stdout
    },
    report: async (words = []) => JSON.parse((await drift(["--stack", "test", "--json", ...words])).stdout),
    files: async () => ({ ...(await digests(host)), ...(await digests(join(folder, "state"))) }),
  }
}

async function digests(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const facts = files.map(async (path) => {
    const { mtimeMs, mode } = await stat(path)
    return [path, `${hash("sha256", await readFile(path))} ${mode} ${mtimeMs}`] as const
  })
  return Object.fromEntries(await Promise.all(facts))
}
