import { execa } from "execa"
import type { RecoveryReport } from "../../../../components/recovery/recovery-report.ts"
import type { CrashLab } from "./crash-lab.ts"

/** A finished `npm run recover`. */
export interface RecoverRun {
  readonly exitCode: number
  readonly report: RecoveryReport
  readonly output: string
}

/** As an operator types it, with the report for machines. */
export async function recover(lab: CrashLab, ...options: readonly string[]): Promise<RecoverRun> {
  const words = ["run", "--silent", "recover", "--", "--stack", lab.stack, "--json", ...options]
  const { exitCode, stdout, stderr } = await execa("npm", words, {
    cwd: lab.project,
    env: lab.environment,
    reject: false,
    stdin: "ignore",
  })
  if (exitCode === undefined || stdout === "") throw new Error(`npm run recover did not run: ${stderr}`)
  return { exitCode, report: JSON.parse(stdout) as RecoveryReport, output: stdout + stderr }
}
