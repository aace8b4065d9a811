import type { CrashLab } from "../lab/crash-lab.ts"
import { recover } from "../lab/recover.ts"
import { runPulumi, up } from "../lab/run-pulumi.ts"

/** What an operator's commands gave. */
export interface Finish {
  readonly complaints: readonly string[]
  /** What `npm run recover` took away. */
  readonly cleared: readonly string[]
  readonly transcript: readonly string[]
}

/** As the operator would: recover where something was killed, then a plain `pulumi up`. */
export async function finishAsOperator(lab: CrashLab, isKilled: boolean): Promise<Finish> {
  const recovered = await recoverAsOperator(lab, isKilled)
  const { exitCode, output } = await runPulumi(lab, ...up)
  return {
    ...recovered,
    complaints: [...recovered.complaints, ...(exitCode === 0 ? [] : [`pulumi up ended with exit code ${exitCode}`])],
    transcript: [...recovered.transcript, output],
  }
}

export async function recoverAsOperator(lab: CrashLab, isKilled: boolean): Promise<Finish> {
  if (!isKilled) return { complaints: [], cleared: [], transcript: [] }
  const { exitCode, report, output } = await recover(lab)
  const complaints = exitCode === 0 ? [] : [`npm run recover ended with exit code ${exitCode}: ${report.trouble ?? ""}`]
  return { complaints, cleared: report.cleared, transcript: [output] }
}
