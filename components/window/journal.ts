import { posix } from "node:path"
import { z } from "zod"
import type { Host } from "../host/host.ts"
import { readOwnFile } from "../host/own-file.ts"
import type { Step } from "./steps.ts"

/**
 * What is being done to a server: `cutover` there, `serve` is a new homeserver.yaml for a Synapse that serves (the way
 * back, and repairs), `rehearsal` the look ahead.
 */
export type OperationKind = "cutover" | "serve" | "rehearsal"

/** How long a step took. */
export interface StepTime {
  readonly step: Step
  readonly seconds: number
}

/** One small file on the host, written before each step: it tells the next run where the last one stopped. */
export interface Journal {
  /** `unknown`: the journal is empty or cut off, as a loss of power can leave it. */
  readonly operation: OperationKind | "unknown"
  /** ISO 8601, by the operator's clock. */
  readonly startedAt: string
  /** The step that was begun last, and when. */
  readonly step?: Step
  readonly stepStartedAt?: string
  readonly done: readonly StepTime[]
  /** Absent: it is going on, or was killed. */
  readonly ended?: "done" | "failed"
}

/** By its name, whatever version wrote it. */
const step = z.custom<Step>((value) => typeof value === "string")
const journal = z.object({
  operation: z.enum(["cutover", "serve", "rehearsal"]),
  startedAt: z.string(),
  step: step.exactOptional(),
  stepStartedAt: z.string().exactOptional(),
  done: z.array(z.object({ step, seconds: z.number() })),
  ended: z.enum(["done", "failed"]).exactOptional(),
})

/** Something was interrupted, and nobody can tell any more what, or where. */
export const interrupted: Journal = { operation: "unknown", startedAt: "", done: [] }

/** Never throws for what stands in it: one that cannot be read is {@link interrupted}. `undefined`: there is none. */
export async function readJournal(host: Host, stateFolder: string): Promise<Journal | undefined> {
  const read = await readOwnFile(host, pathOf(stateFolder), journal)
  return read === "unreadable" ? interrupted : read
}

export async function writeJournal(host: Host, stateFolder: string, written: Journal): Promise<void> {
  await host.write(pathOf(stateFolder), `${JSON.stringify(written, null, 2)}\n`, { mode: 0o600 })
}

function pathOf(stateFolder: string): string {
  return posix.join(stateFolder, "journal.json")
}
