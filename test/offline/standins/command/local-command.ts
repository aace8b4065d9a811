import { spawn } from "node:child_process"
import { stat } from "node:fs/promises"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"

/** Inputs of a `command:local:Command`, plain, as npm's @pulumi/command 1.2.1 sends them. */
export interface CommandInputs {
  readonly create?: string
  readonly update?: string
  readonly delete?: string
  readonly stdin?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly dir?: string
  /** Default: `["/bin/sh", "-c"]`. */
  readonly interpreter?: readonly string[]
  readonly triggers?: readonly unknown[]
  /** Default: `stdoutAndStderr`. */
  readonly logging?: "stdout" | "stderr" | "stdoutAndStderr" | "none"
  /** Whether the run before is told to the command as PULUMI_COMMAND_STDOUT and _STDERR. Default: true. */
  readonly addPreviousOutputInEnv?: boolean
}

/** What the command wrote, one newline at the end cut off. */
export interface CommandOutputs {
  readonly stdout: string
  readonly stderr: string
}

export interface CommandRun {
  readonly command: string
  readonly inputs: CommandInputs
  /** What the run before wrote. */
  readonly previous?: Partial<CommandOutputs>
  readonly log: (line: string) => void
}

/** Runs a command to its end. Throws, in the real plugin's words, when it cannot be started or does not exit with 0. */
export async function runLocally({ command, inputs, previous = {}, log }: CommandRun): Promise<CommandOutputs> {
  const fail = (problem: string, said = "") =>
    Object.assign(new Error(`${problem}: running ${JSON.stringify(command)}:\n${said}`), { stack: "" })
  const directory = inputs.dir ?? process.cwd()
  if (!(await isFolder(directory))) throw fail(`chdir ${directory}: no such file or directory`)

  const [program = "/bin/sh", ...args] = inputs.interpreter?.length ? inputs.interpreter : ["/bin/sh", "-c"]
  const child = spawn(program, [...args, command], { cwd: directory, env: environmentOf(inputs, previous) })
  // A command that does not read its stdin may be gone before we have written it all.
  child.stdin.on("error", () => {}).end(inputs.stdin ?? "")

  const said = { stdout: "", stderr: "", both: "" }
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      said[stream] += text
      said.both += text
    })
    if (isLogged(inputs.logging, stream)) logLines(child[stream], log)
  }
  const problem = await new Promise<string | undefined>((settle) => {
    child.once("error", () => settle(`exec: ${JSON.stringify(program)}: executable file not found in $PATH`))
    child.once("close", (code, signal) => settle(signal ? goSignal(signal) : code ? `exit status ${code}` : undefined))
  })
  if (problem) throw fail(problem, said.both)
  return { stdout: withoutNewline(said.stdout), stderr: withoutNewline(said.stderr) }
}

function environmentOf(inputs: CommandInputs, previous: Partial<CommandOutputs>): NodeJS.ProcessEnv {
  const told = inputs.addPreviousOutputInEnv ?? true
  return {
    ...process.env,
    ...inputs.environment,
    ...(told && previous.stdout ? { PULUMI_COMMAND_STDOUT: previous.stdout } : {}),
    ...(told && previous.stderr ? { PULUMI_COMMAND_STDERR: previous.stderr } : {}),
  }
}

function isLogged(logging: CommandInputs["logging"], stream: "stdout" | "stderr"): boolean {
  return logging === undefined || logging === "stdoutAndStderr" || logging === stream
}

function logLines(stream: Readable, log: (line: string) => void): void {
  createInterface({ input: stream }).on("line", log)
}

// Go's words for the signals one meets.
function goSignal(signal: NodeJS.Signals): string {
  const words: Partial<Record<NodeJS.Signals, string>> = {
    SIGKILL: "killed",
    SIGTERM: "terminated",
    SIGINT: "interrupt",
    SIGHUP: "hangup",
  }
  return `signal: ${words[signal] ?? signal}`
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

function withoutNewline(text: string): string {
  return text.endsWith("\n") ? text.slice(0, -1) : text
}
