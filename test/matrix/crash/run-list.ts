import type { CrashLab } from "./lab/crash-lab.ts"
import type { Worlds } from "./lab/worlds.ts"
import { wholeList } from "./list.ts"
import type { Outcome } from "./runs/outcome.ts"
import { describePoint } from "./runs/points.ts"
import { runPoint } from "./runs/run-point.ts"
import { runScenario } from "./scenarios/run-scenario.ts"
import { allScenarios } from "./scenarios/scenarios.ts"

/** A run on the lab that all of them share. */
export interface Run {
  readonly point: string
  readonly fault: string
  readonly make: (lab: CrashLab, worlds: Worlds) => Promise<Outcome>
}

/** Each step and resource with each fault, and each scenario. */
export async function allRuns(): Promise<readonly Run[]> {
  const steps = (await wholeList()).map(({ point, fault }) => ({
    point: describePoint(point),
    fault,
    make: (lab: CrashLab, worlds: Worlds) => runPoint(lab, worlds, point, fault),
  }))
  const scenarios = allScenarios.map((scenario) => ({
    point: scenario.point,
    fault: scenario.fault,
    make: (lab: CrashLab, worlds: Worlds) => runScenario({ lab, worlds }, scenario),
  }))
  return [...steps, ...scenarios]
}

/** By which a run is known, in the report too. */
export function nameOfRun({ point, fault }: Pick<Run, "point" | "fault">): string {
  return `${point}, ${fault}`
}
