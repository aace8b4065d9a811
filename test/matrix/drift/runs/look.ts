import { fingerprintOf } from "../../../rehearsal/fingerprint.ts"
import { type Looked, runDrift } from "../lab/run-drift.ts"
import type { Server } from "../lab/server.ts"
import { digestsBelow } from "../lab/world.ts"
import { secretsIn } from "./secrets.ts"

export interface WatchedLook extends Looked {
  /** What it changed, and what it showed that it should not. */
  readonly complaints: readonly string[]
}

/** A look at the server, watched: not a file, a row, a start or a byte of Pulumi's state may be another after it. */
export async function lookWatched(server: Server): Promise<WatchedLook> {
  const before = await allOf(server)
  const looked = await runDrift(server.lab)
  const after = await allOf(server)
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const changed = names.filter((name) => before[name] !== after[name]).map((name) => `the look changed ${name}`)
  return { ...looked, complaints: [...changed, ...(await secretsIn(server, looked.told))] }
}

async function allOf({ lab, openDatabase }: Server): Promise<Readonly<Record<string, string>>> {
  return { ...(await fingerprintOf(lab, (_, side) => openDatabase(side))), ...(await digestsBelow(lab.backendFolder)) }
}
