import { readFileSync } from "node:fs"

/** One call of the real mas-cli, with what it stood on and what it said. */
export interface RecordedCall {
  readonly name: string
  readonly args: readonly string[]
  /** `mas: …` or `synapse: …`, run in that database before. */
  readonly sqlBefore?: readonly string[]
  /** Sections of MAS's config that differ from the base. */
  readonly config?: Readonly<Record<string, unknown>>
  /** In place of a config: the very text of the file. */
  readonly configText?: string
  /** Top-level keys of homeserver.yaml that differ from the base. */
  readonly homeserver?: Readonly<Record<string, unknown>>
  readonly exitCode: number
  readonly stdout?: string
  readonly stderr?: string
}

export interface Recording {
  readonly baseConfig: Readonly<Record<string, unknown>>
  readonly baseHomeserver: Readonly<Record<string, unknown>>
  readonly calls: readonly RecordedCall[]
}

export const recording: Recording = JSON.parse(text("mas-cli-1.22.0.json"))

/** A column of a table as `information_schema` tells it. */
export interface Column {
  readonly table: string
  readonly column: string
  readonly type: string
  readonly nullable: boolean
  readonly default: string | undefined
}

export const masColumns: readonly Column[] = columns("mas-1.22.0-columns.tsv")
export const synapseColumns: readonly Column[] = columns("synapse-1.163.2-columns.tsv")

function columns(file: string): readonly Column[] {
  const lines = text(file).split("\n").slice(1).filter(Boolean)
  return lines.map((line) => {
    const [table = "", column = "", type = "", nullable, byDefault] = line.split("\t")
    return { table, column, type, nullable: nullable === "YES", default: byDefault || undefined }
  })
}

function text(file: string): string {
  return readFileSync(new URL(`../recorded/${file}`, import.meta.url), "utf8")
}
