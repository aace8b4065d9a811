import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface, type Interface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { JsonValue } from "../../../components/documents/json-value.ts"
import { installed, pyYaml } from "../../lab/python-packages.ts"

/** A Python process that reads documents as Synapse does, one after another. */
export class PyYaml {
  private readonly process: ChildProcessWithoutNullStreams
  private readonly answers: AsyncIterator<string>
  private readonly lines: Interface
  private complaint = ""

  private constructor(folder: string) {
    const script = fileURLToPath(new URL("pyyaml.py", import.meta.url))
    this.process = spawn("python3", [script], { env: { ...process.env, PYTHONPATH: folder } })
    this.process.stderr.on("data", (chunk: Buffer) => {
      this.complaint += chunk.toString()
    })
    this.lines = createInterface({ input: this.process.stdout })
    this.answers = this.lines[Symbol.asyncIterator]()
  }

  /** Starts the process; `end` it after the tests. */
  static async start(): Promise<PyYaml> {
    return new PyYaml(await installed([pyYaml]))
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
