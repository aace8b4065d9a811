import { configure } from "./configure.ts"
import type { CrashLab } from "./crash-lab.ts"
import { runPulumi, up } from "./run-pulumi.ts"
import { type Snapshot, takeSnapshot } from "./snapshot.ts"

/** The two worlds between which the runs go, kept once at the begin. */
export interface Worlds {
  readonly legacy: Snapshot
  readonly delegated: Snapshot
}

/** Keeps the lab as it is, in legacy, and as it is after an undisturbed cutover. */
export async function makeWorlds(lab: CrashLab, say: (line: string) => void): Promise<Worlds> {
  const legacy = await takeSnapshot(lab, "legacy")
  say("an undisturbed cutover, to know how it ends")
  await configure(lab, { authentication: "delegated" })
  const { exitCode, output } = await runPulumi(lab, ...up)
  if (exitCode !== 0) throw new Error(`the undisturbed cutover failed: ${output}`)
  return { legacy, delegated: await takeSnapshot(lab, "delegated") }
}
