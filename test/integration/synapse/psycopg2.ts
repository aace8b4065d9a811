import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { installed, pyYaml } from "../../lab/python-packages.ts"

/** The releases that Synapse 1.163 installs with. */
const packages = ["psycopg2-binary==2.9.13", pyYaml]

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
    const judge = new Psycopg2(await installed(packages))
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
