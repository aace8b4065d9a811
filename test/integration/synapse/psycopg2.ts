import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { execa } from "execa"

/** The releases that Synapse 1.163 installs with. */
const packages = ["psycopg2-binary==2.9.13", "PyYAML==6.0.3"]

/** A Python process that opens databases as Synapse does, one after another. */
export class Psycopg2 implements AsyncDisposable {
  private readonly process: ChildProcessWithoutNullStreams
  private readonly answers: AsyncIterator<string>
  private complaint = ""

  private constructor(folder: string) {
    const script = fileURLToPath(new URL("open_databases.py", import.meta.url))
    const env = { PATH: process.env.PATH ?? "", HOME: folder, PYTHONPATH: folder }
    this.process = spawn("python3", [script], { env })
    this.process.stderr.on("data", (chunk: Buffer) => {
      this.complaint += chunk.toString()
    })
    this.answers = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
  }

  static async start(): Promise<Psycopg2> {
    const judge = new Psycopg2(await installed())
    await judge.next()
    return judge
  }

  /** How it went, in psycopg2's words. */
  async connect(text: string, environment: Readonly<Record<string, string>>): Promise<string> {
    this.process.stdin.write(`${JSON.stringify({ text, environment })}\n`)
    return String(((await this.next()) as { answer?: unknown }).answer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.stdin.end()
    if (this.process.exitCode === null) await once(this.process, "exit")
  }

  private async next(): Promise<unknown> {
    const { value: line } = await this.answers.next()
    if (line === undefined) throw new Error(`the Python process ended: ${this.complaint}`)
    return JSON.parse(line)
  }
}

/** A folder with both packages, filled once for this machine and Python; two runs side by side may both fill it. */
export async function installed(): Promise<string> {
  const { stdout } = await execa("python3", ["--version"])
  const name = [stdout.replace(" ", "-").toLowerCase(), ...packages].join("-").replaceAll("==", "-")
  const shelf = join(tmpdir(), `matrix-auth-tests-${process.getuid?.() ?? "user"}`)
  const folder = join(shelf, name)
  if (await exists(folder)) return folder
  await mkdir(shelf, { recursive: true, mode: 0o700 })
  const fresh = await mkdtemp(join(shelf, "fresh-"))
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", fresh]
  await execa("python3", [...pip, ...packages])
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
