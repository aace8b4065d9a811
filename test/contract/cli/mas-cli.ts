import { fileURLToPath } from "node:url"
import { execa } from "execa"

/** The mas-cli under test: the one `MAS_CLI` names, else the stand-in. */
export const masCli =
  process.env.MAS_CLI || fileURLToPath(new URL("../../offline/standins/mas/mas-cli", import.meta.url))

export interface Said {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface Place {
  readonly folder: string
  readonly environment?: Readonly<Record<string, string>>
}

/** A started mas-cli: its end can be awaited, and it can be killed. */
export interface Running {
  readonly said: Promise<Said>
  kill(signal: NodeJS.Signals): void
}

/**
 * Starts it in a folder, with nothing of our environment but the way to programs: no `PG*`, no `MAS_*`, no `RUST_*` can
 * leak in. Whatever it answers is no error here.
 */
export function startMasCli(args: readonly string[], { folder, environment = {} }: Place): Running {
  const env = { PATH: process.env.PATH ?? "", HOME: folder, ...environment }
  const started = execa(masCli, args, { cwd: folder, env, extendEnv: false, reject: false, stripFinalNewline: false })
  const said = started.then(({ exitCode, stdout, stderr }) => ({ exitCode, stdout, stderr }))
  return { said, kill: (signal) => void started.kill(signal) }
}
