import { posix } from "node:path"
import { z } from "zod"
import type { Host } from "../host/host.ts"
import { readOwnFile } from "../host/own-file.ts"
import type { StepTime } from "./journal.ts"
import type { Step } from "./steps.ts"

/** How long each step took on this server when it was last done, in seconds. */
export type StepTimes = Readonly<Partial<Record<Step, number>>>

const stepTimes = z.record(z.string(), z.number())

/** None of those that cannot be read: they are measured again. */
export async function readStepTimes(host: Host, stateFolder: string): Promise<StepTimes> {
  const read = await readOwnFile(host, pathOf(stateFolder), stepTimes)
  return read === undefined || read === "unreadable" ? {} : (read as StepTimes)
}

/** Keeps the newest for each step. */
export async function keepStepTimes(host: Host, stateFolder: string, done: readonly StepTime[]): Promise<void> {
  const times: Partial<Record<Step, number>> = { ...(await readStepTimes(host, stateFolder)) }
  for (const { step, seconds } of done) times[step] = seconds
  await host.write(pathOf(stateFolder), `${JSON.stringify(times, null, 2)}\n`, { mode: 0o600 })
}

function pathOf(stateFolder: string): string {
  return posix.join(stateFolder, "step-times.json")
}
