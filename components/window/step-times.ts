import { posix } from "node:path"
import type { Host } from "../host/host.ts"
import type { StepTime } from "./journal.ts"
import type { Step } from "./steps.ts"

/** How long each step took on this server when it was last done, in seconds. */
export type StepTimes = Readonly<Partial<Record<Step, number>>>

export async function readStepTimes(host: Host, stateFolder: string): Promise<StepTimes> {
  const text = await host.readIfPresent(pathOf(stateFolder))
  return text === undefined ? {} : (JSON.parse(text) as StepTimes)
}

/** Keeps the newest for each step. */
export async function keepStepTimes(host: Host, stateFolder: string, done: readonly StepTime[]): Promise<void> {
  const times = { ...(await readStepTimes(host, stateFolder)) }
  for (const { step, seconds } of done) times[step] = seconds
  await host.write(pathOf(stateFolder), `${JSON.stringify(times, null, 2)}\n`, { mode: 0o600 })
}

function pathOf(stateFolder: string): string {
  return posix.join(stateFolder, "step-times.json")
}
