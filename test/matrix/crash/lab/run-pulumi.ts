import { execa } from "execa"
import type { CrashLab } from "./crash-lab.ts"

export interface PulumiRun {
  readonly exitCode: number
  readonly output: string
}

/** A `pulumi` at work. */
export interface RunningPulumi {
  readonly pid: number
  /** ISO 8601; what it writes down is of after that. */
  readonly startedAt: string
  /** What it has printed so far. */
  said(): string
  readonly ended: Promise<PulumiRun>
}

/** How it is started. */
export interface Start {
  /** Laid over the lab's. */
  readonly environment?: Readonly<Record<string, string>>
  /** As a terminal does it: a Ctrl-C goes to the whole group of processes, and to nobody else. */
  readonly inOwnGroup?: boolean
}

/** Starts `pulumi` on the lab's stack, without waiting for it. */
export function startPulumi(
  lab: Pick<CrashLab, "project" | "environment" | "stack">,
  words: readonly string[],
  { environment = {}, inOwnGroup = false }: Start = {},
): RunningPulumi {
  const startedAt = new Date().toISOString()
  const child = execa("pulumi", [...words, "--non-interactive", "--color", "never", "--stack", lab.stack], {
    cwd: lab.project,
    env: { ...lab.environment, ...environment },
    reject: false,
    all: true,
    stdin: "ignore",
    detached: inOwnGroup,
  })
  if (child.pid === undefined) throw new Error("pulumi did not start")
  let said = ""
  child.all?.setEncoding("utf8").on("data", (text: string) => {
    said += text
  })
  const ended = child.then(({ exitCode, all }) => ({ exitCode: exitCode ?? -1, output: all ?? "" }))
  return { pid: child.pid, startedAt, said: () => said, ended }
}

export async function runPulumi(
  lab: Pick<CrashLab, "project" | "environment" | "stack">,
  ...words: readonly string[]
): Promise<PulumiRun> {
  return startPulumi(lab, words).ended
}

/** What an operator types. */
export const up = ["up", "--yes", "--skip-preview"] as const
