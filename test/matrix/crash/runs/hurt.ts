import { existsSync } from "node:fs"
import { mkdtemp, readFile, writeFile } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { killAll, listProcesses, treeOf } from "../../../lab/processes.ts"
import { type Plan, planVariable } from "../injection/plan.ts"
import type { CrashLab } from "../lab/crash-lab.ts"
import { limitSeconds } from "../lab/moments.ts"
import { type PulumiRun, startPulumi, up } from "../lab/run-pulumi.ts"
import type { Fault, Point } from "./points.ts"

const preload = resolve(import.meta.dirname, "../injection/preload.ts")

/** What a hurt run left behind. */
export interface Hurt {
  /** When the fault came, by `Date.now()`. `undefined`: the run never came to the point. */
  readonly at: number | undefined
  /** How many processes were killed; 0 where the step failed and the run ended by itself. */
  readonly killed: number
  readonly run: PulumiRun
}

const how = {
  fails: "fails",
  "killed before it": "stops before",
  "killed after it": "stops after",
} as const satisfies Record<Fault, Plan["how"]>

/** Types `pulumi up`, and lets the fault come when it gets to the point. Returns when all of the run has ended. */
export async function hurtUp(lab: CrashLab, { kind, name }: Point, fault: Fault): Promise<Hurt> {
  // In the lab's own folder, which goes with it.
  const folder = await mkdtemp(join(dirname(lab.project), "hurt-"))
  const marker = join(folder, "reached")
  const plan: Plan = { kind, name, how: how[fault], marker }
  await writeFile(join(folder, "plan.json"), JSON.stringify(plan))
  const environment = { NODE_OPTIONS: `--import=${preload}`, [planVariable]: join(folder, "plan.json") }
  const { pid, ended } = startPulumi(lab, up, { environment })
  const isOver = await Promise.race([ended.then(() => true), untilThere(marker)])
  if (isOver || fault === "fails") {
    const run = await ended
    return { at: existsSync(marker) ? Number(await readFile(marker, "utf8")) : undefined, killed: 0, run }
  }
  const at = Date.now()
  const killed = await killAll(async () => treeOf(pid, await listProcesses()))
  return { at, killed: killed.length, run: await ended }
}

async function untilThere(marker: string): Promise<false> {
  const deadline = Date.now() + limitSeconds * 1000
  while (!existsSync(marker) && Date.now() < deadline) await pause(20)
  return false
}
