import { execa } from "execa"
import type { CrashLab } from "./crash-lab.ts"

export interface PulumiRun {
  readonly exitCode: number
  readonly output: string
}

/** A `pulumi` at work. */
export interface RunningPulumi {
  readonly pid: number
  readonly ended: Promise<PulumiRun>
}

/** Starts `pulumi` on the lab's stack, without waiting for it; `environment` is laid over the lab's. */
export function startPulumi(
  lab: CrashLab,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): RunningPulumi {
  const child = execa("pulumi", [...words, "--non-interactive", "--color", "never", "--stack", lab.stack], {
    cwd: lab.project,
    env: { ...lab.environment, ...environment },
    reject: false,
    all: true,
    stdin: "ignore",
  })
  if (child.pid === undefined) throw new Error("pulumi did not start")
  const ended = child.then(({ exitCode, all }) => ({ exitCode: exitCode ?? -1, output: all ?? "" }))
  return { pid: child.pid, ended }
}

export async function runPulumi(lab: CrashLab, ...words: readonly string[]): Promise<PulumiRun> {
  return startPulumi(lab, words).ended
}

/** What an operator types. */
export const up = ["up", "--yes", "--skip-preview"] as const
