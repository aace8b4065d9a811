import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface, type Interface } from "node:readline"
import { fileURLToPath } from "node:url"
import { execa } from "execa"
import type { JsonValue } from "../../../components/documents/json-value.ts"

/** The release that Synapse 1.163 installs with. */
const version = "6.0.3"

/** A Python process that reads documents as Synapse does, one after another. */
export class PyYaml {
  private readonly process: ChildProcessWithoutNullStreams
  private readonly answers: AsyncIterator<string>
  private readonly lines: Interface
  private complaint = ""

  private constructor(packages: string) {
    const script = fileURLToPath(new URL("pyyaml.py", import.meta.url))
    this.process = spawn("python3", [script], { env: { ...process.env, PYTHONPATH: packages } })
    this.process.stderr.on("data", (chunk: Buffer) => {
      this.complaint += chunk.toString()
    })
    this.lines = createInterface({ input: this.process.stdout })
    this.answers = this.lines[Symbol.asyncIterator]()
  }

  /** Starts the process; `end` it after the tests. */
  static async start(): Promise<PyYaml> {
    return new PyYaml(await installed())
  }

  /** What `yaml.safe_load` makes of the text; throws with PyYAML's own complaint where it refuses. */
  async read(text: string): Promise<JsonValue> {
    this.process.stdin.write(`${JSON.stringify(text)}\n`)
    const { value: line } = await this.answers.next()
    if (line === undefined) throw new Error(`the Python process ended: ${this.complaint}`)
    const answer = JSON.parse(line) as { value: JsonValue } | { error: string }
    if ("error" in answer) throw new Error(`PyYAML refuses: ${answer.error}`)
    return answer.value
  }

  async end(): Promise<void> {
    this.process.stdin.end()
    if (this.process.exitCode === null) await once(this.process, "exit")
    this.lines.close()
  }
}

/** A folder with PyYAML in it, filled once for this machine and Python; two runs side by side may both fill it. */
async function installed(): Promise<string> {
  const python = await execa("python3", ["--version"], { reject: false })
  if (python.exitCode !== 0)
    throw new Error("These tests need python3 on PATH: PyYAML is the judge of what Synapse reads.")
  const name = `${python.stdout.trim().replaceAll(" ", "-").toLowerCase()}-pyyaml-${version}`
  const shelf = join(tmpdir(), `matrix-auth-tests-${process.getuid?.() ?? "user"}`)
  const folder = join(shelf, name)
  if (await exists(folder)) return folder
  await mkdir(shelf, { recursive: true, mode: 0o700 })
  const fresh = await mkdtemp(join(shelf, "fresh-"))
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", fresh]
  const result = await execa("python3", [...pip, `PyYAML==${version}`], { reject: false })
  if (result.exitCode !== 0) {
    await rm(fresh, { recursive: true, force: true })
    throw new Error(
      `These tests need pip for python3 (on Debian: apt-get install python3-pip). It said: ${result.stderr}`,
    )
  }
  await rename(fresh, folder).catch(async (error: unknown) => {
    await rm(fresh, { recursive: true, force: true })
    if (!(await exists(folder))) throw error
  })
  return folder
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
