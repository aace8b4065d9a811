import { readdir } from "node:fs/promises"
import { resolve } from "node:path"
import type { Plan } from "../injection/plan.ts"

/** A place on the way there or back at which a run can be hurt. */
export interface Point {
  readonly way: "cutover" | "rollback"
  readonly kind: Plan["kind"]
  readonly name: string
}

/** What is done at a point. */
export type Fault = "fails" | "killed before it" | "killed after it"

/** For people, and for out/crash.json. */
export function describePoint({ way, kind, name }: Point): string {
  return kind === "step" ? `${way}: ${name}` : `${way}: resource ${name.replace(/\.provider$/, "")}`
}

const components = resolve(import.meta.dirname, "../../../../components")

/** The modules of all resources, found where the shim finds them. Staging's are the lab's own. */
export async function resourceModules(): Promise<readonly string[]> {
  const found = await readdir(components, { recursive: true })
  return found
    .filter((path) => path.endsWith(".provider.ts"))
    .map((path) => path.replace(/\.ts$/, ""))
    .filter((path) => !path.startsWith("staging/"))
    .sort()
}
