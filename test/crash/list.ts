import { cutoverSteps, serveSteps } from "../../components/window/steps.ts"
import { type Fault, faults, type Point, resourceModules } from "./runs/points.ts"

/** One run of the list. */
export interface Entry {
  readonly point: Point
  readonly fault: Fault
}

/** Every place at which a run can be hurt: each step of both ways, and each resource that is about after or before them. */
export async function allPoints(): Promise<readonly Point[]> {
  const modules = await resourceModules()
  const pointsOf = (way: Point["way"], steps: readonly string[]): Point[] => [
    ...steps.map((name) => ({ way, kind: "step", name }) as const),
    ...modules.filter(runsOn).map((name) => ({ way, kind: "resource", name }) as const),
  ]
  return [...pointsOf("cutover", cutoverSteps), ...pointsOf("rollback", serveSteps)]
}

/** A folder that is there, and clients that are the same in both states, are not touched on either way. */
function runsOn(module: string): boolean {
  return !["files/state-folder.provider", "mas/client.provider", "mas/static-clients.provider"].includes(module)
}

/** The whole list: each point with each fault. */
export async function wholeList(): Promise<readonly Entry[]> {
  return (await allPoints()).flatMap((point) => faults.map((fault) => ({ point, fault })))
}

/** Each step once, the faults in turn. */
export async function sampleList(): Promise<readonly Entry[]> {
  const steps = (await allPoints()).filter(({ kind }) => kind === "step")
  return steps.map((point, index) => ({ point, fault: faults[index % faults.length] ?? "fails" }))
}
