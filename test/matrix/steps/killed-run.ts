import type { Step } from "../../../components/window/steps.ts"
import type { AdoptingStack, Lab } from "../../lab/lab.ts"
import { killAll, listProcesses, treeOf } from "../../lab/processes.ts"
import { untilStep } from "../crash/lab/moments.ts"
import { startPulumi, up } from "../crash/lab/run-pulumi.ts"

/** Types `pulumi up`, and kills all that came of it at a step: engine, program, providers. Its switch lives on. */
export async function killUpAt(lab: Lab, { stack }: AdoptingStack, step: Step): Promise<void> {
  const { project, environment } = lab
  const run = startPulumi({ project, environment, stack }, up)
  await untilStep(lab, run, step)
  await killAll(async () => treeOf(run.pid, await listProcesses()))
  await run.ended
}
