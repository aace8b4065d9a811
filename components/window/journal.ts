import { posix } from "node:path"
import type { Host } from "../host/host.ts"
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
  readonly operation: OperationKind
  /** ISO 8601, by the operator's clock. */
  readonly startedAt: string
  /** The step that was begun last, and when. */
  readonly step?: Step
  readonly stepStartedAt?: string
  readonly done: readonly StepTime[]
  /** Absent: it is going on, or was killed. */
  readonly ended?: "done" | "failed"
}

export async function readJournal(host: Host, stateFolder: string): Promise<Journal | undefined> {
  const text = await host.readIfPresent(pathOf(stateFolder))
  return text === undefined ? undefined : (JSON.parse(text) as Journal)
}

export async function writeJournal(host: Host, stateFolder: string, journal: Journal): Promise<void> {
  await host.write(pathOf(stateFolder), `${JSON.stringify(journal, null, 2)}\n`, { mode: 0o600 })
}

function pathOf(stateFolder: string): string {
  return posix.join(stateFolder, "journal.json")
}
