/**
 * Given to node by `--import` (NODE_OPTIONS) in every process of a run: puts a fault in the way of one step. The code of
 * the project has no place for it; its modules are wrapped on their way in.
 */
import { registerHooks } from "node:module"
import { planVariable } from "./plan.ts"

/** The doors that every piece of work goes through: exported functions whose first argument names the work. */
const doors: Readonly<Record<string, readonly string[]>> = {
  "/components/window/take-step.ts": ["takeStep"],
  "/components/lifecycle/dispatch.ts": ["create", "update", "remove"],
}

const original = "?original"
const fault = new URL("fault.ts", import.meta.url).href

if (process.env[planVariable] !== undefined) {
  registerHooks({
    load(url, context, nextLoad) {
      const door = Object.keys(doors).find((path) => url.endsWith(path))
      if (door === undefined) return nextLoad(url, context)
      return { format: "module", source: wrapped(url, door), shortCircuit: true }
    },
  })
}

/** The module as it is, less the doors: those lead past the fault. */
function wrapped(url: string, door: string): string {
  const names = doors[door] ?? []
  const kind = door.includes("/lifecycle/") ? "resource" : "step"
  return [
    `import * as original from ${JSON.stringify(url + original)}`,
    `export * from ${JSON.stringify(url + original)}`,
    `import { through } from ${JSON.stringify(fault)}`,
    ...names.map((name) => `export const ${name} = through("${kind}", original.${name})`),
  ].join("\n")
}
