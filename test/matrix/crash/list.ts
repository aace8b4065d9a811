import { cutoverSteps, serveSteps } from "../../../components/window/steps.ts"
import { type Fault, type Point, resourceModules } from "./runs/points.ts"

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

/** A folder that is there, nothing to recover, and clients that are the same in both states, are not touched on either way. */
function runsOn(module: string): boolean {
  return ![
    "files/state-folder.provider",
    "synapse/recovery.provider",
    "mas/client.provider",
    "mas/static-clients.provider",
  ].includes(module)
}

/** The whole list: each point with each fault that differs there from those before it. */
export async function wholeList(): Promise<readonly Entry[]> {
  return (await allPoints()).flatMap((point) => faultsAt(point).map((fault) => ({ point, fault })))
}

/**
 * Killed after a step is killed before the next one. A resource that does nothing is one that the run never came to, and
 * its steps fail by themselves: what it alone has is to be done on the host and unknown to the engine.
 */
function faultsAt({ kind, name }: Point): readonly Fault[] {
  if (kind === "resource") return ["killed after it"]
  const isLast = [cutoverSteps, serveSteps].some((steps) => steps.at(-1) === name)
  return isLast ? ["fails", "killed before it", "killed after it"] : ["fails", "killed before it"]
}

/** Each step of a way once, in order: those before anything stops fail, from the window on every other one is killed. */
export function chainOf(way: Point["way"]): readonly Entry[] {
  const steps = way === "cutover" ? cutoverSteps : serveSteps
  return steps.map((name, index) => {
    const inWindow = index - (steps as readonly string[]).indexOf("arm-switch")
    const fault = inWindow > 0 && inWindow % 2 === 1 ? "killed before it" : "fails"
    return { point: { way, kind: "step", name }, fault } as const
  })
}
