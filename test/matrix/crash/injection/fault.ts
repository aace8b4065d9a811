import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { type Plan, planVariable } from "./plan.ts"

type Work = (...args: never[]) => Promise<unknown>

/** The same function, with the fault of the plan in its way when it is called for the work that the plan names. */
export function through(kind: Plan["kind"], work: Work): Work {
  return async (...args) => {
    const plan = planFor(kind, String(args[0]))
    if (plan === undefined) return work(...args)
    if (plan.how === "stops after") await work(...args)
    writeFileSync(plan.marker, String(Date.now()))
    if (plan.how === "fails") throw new Error("it fails here, since a crash test wants it so")
    return standStill()
  }
}

/** Once only: what is tried again goes through. */
function planFor(kind: Plan["kind"], name: string): Plan | undefined {
  const plan = JSON.parse(readFileSync(process.env[planVariable] ?? "", "utf8")) as Plan
  return plan.kind === kind && plan.name === name && !existsSync(plan.marker) ? plan : undefined
}

/** Not even a timer goes off in this process any more, until it is killed. */
function standStill(): never {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  throw new Error("nobody wakes it")
}
