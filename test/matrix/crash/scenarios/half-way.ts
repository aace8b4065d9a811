import type { Step } from "../../../../components/window/steps.ts"
import { untilStep } from "../lab/moments.ts"
import { type RunningPulumi, type Start, startPulumi, up } from "../lab/run-pulumi.ts"
import { type HoldUp, holdUpSyn2Mas } from "./hold-up.ts"
import type { Stage } from "./scenario.ts"

/** A `pulumi up` with syn2mas half-way through its work. */
export interface HalfWay {
  readonly run: RunningPulumi
  readonly holdUp: HoldUp
}

/** The last step at which nothing of the kind is under way yet. */
const before = { "dry-run": "check", migrate: "stop-synapse" } as const satisfies Partial<Record<Step, Step>>

/** Types `pulumi up`, and returns when its dry-run, or its migration, is half-way and goes no further by itself. */
export async function upHalfWay(
  { lab, litter }: Stage,
  step: keyof typeof before,
  start: Start = {},
): Promise<HalfWay> {
  const run = startPulumi(lab, up, start)
  await untilStep(lab, run, before[step])
  const holdUp = litter.use(await holdUpSyn2Mas(lab))
  await holdUp.reached(run)
  return { run, holdUp }
}
