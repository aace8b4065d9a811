import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { isMap, type JsonValue } from "../../../components/documents/json-value.ts"
import { startMasCli } from "../../contract/cli/mas-cli.ts"
import { readAsMas } from "../../unit/documents/serde-yaml.ts"
import type { Frame } from "../../unit/documents/strange-yaml.ts"

/** The least of a config that mas-cli dumps, and the one section of it that takes values of any kind. */
export const frame: Frame = {
  before: `matrix: {homeserver: x, secret: abc, endpoint: "http://x/"}
secrets: {encryption: "${"0".repeat(64)}", keys: []}
policy:
  data:
`,
  indent: "    ",
}

/** MAS's own reader of its config: the mas-cli that MAS_CLI names, else the stand-in. */
export class MasReader {
  private readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async start(): Promise<MasReader> {
    return new MasReader(await mkdtemp(join(tmpdir(), "matrix-auth-mas-reader-")))
  }

  /** What MAS finds under `policy.data`; throws with its own complaint where it refuses the file. */
  async read(text: string): Promise<JsonValue> {
    const file = join(this.folder, "config.yaml")
    await writeFile(file, text)
    const { exitCode, stdout, stderr } = await startMasCli(["config", "dump", "-c", file], { folder: this.folder }).said
    if (exitCode !== 0) throw new Error(stderr.split("\n", 1)[0])
    return dataIn(readAsMas(stdout))
  }

  async end(): Promise<void> {
    await rm(this.folder, { recursive: true })
  }
}

/** The values under `policy.data` of a config, as a map. */
export function dataIn(config: JsonValue): JsonValue {
  const policy = isMap(config) ? config.policy : undefined
  const data = policy !== undefined && isMap(policy) ? policy.data : undefined
  return data ?? {}
}
