import { complaintsAboutTheEnd, complaintsAboutTokens } from "../judge/clients.ts"
import { type Between, complaintsAboutFiles, differencesFrom } from "../judge/files.ts"
import { lostSince, possessionsOf } from "../judge/possessions.ts"
import { servedAfter, watchServing } from "../judge/serving.ts"
import { configure } from "../lab/configure.ts"
import type { CrashLab } from "../lab/crash-lab.ts"
import { reset, type Snapshot } from "../lab/snapshot.ts"
import type { Worlds } from "../lab/worlds.ts"
import { finishAsOperator } from "./finish.ts"
import { type Hurt, hurtUp } from "./hurt.ts"
import type { Outcome } from "./outcome.ts"
import { describePoint, type Fault, type Point } from "./points.ts"
import { complaintsAboutServing, settle } from "./settle.ts"

/** One run: hurt at the point, then judged, cleared up as an operator would, finished by a plain `pulumi up`, judged again. */
export async function runPoint(lab: CrashLab, worlds: Worlds, point: Point, fault: Fault): Promise<Outcome> {
  const target = point.way === "cutover" ? "delegated" : "legacy"
  const [before, after] =
    point.way === "cutover" ? [worlds.legacy, worlds.delegated] : [worlds.delegated, worlds.legacy]
  await reset(lab, before)
  const had = await possessionsOf(lab)
  await configure(lab, { authentication: target })
  const watch = watchServing(lab)
  const hurt = await hurtUp(lab, point, fault)
  await settle(lab, watch)
  const complaints = [...complaintsAboutHurt(hurt, fault), ...(await complaintsMeanwhile(lab, { before, after }))]
  const seconds = hurt.at === undefined ? undefined : servedAfter(watch.looks, hurt.at)
  const finish = await finishAsOperator(lab, true)
  complaints.push(...complaintsAboutServing(seconds), ...finish.complaints, ...(await complaintsAtTheEnd(lab, after)))
  const lost = lostSince(had, await possessionsOf(lab))
  return {
    point: describePoint(point),
    fault,
    complaints,
    servedAfterSeconds: seconds ?? null,
    lost,
    ranAt: new Date().toISOString(),
    note: [noteOf(hurt), ...finish.cleared].join("; "),
    transcript: [hurt.run.output, ...finish.transcript].join("\n"),
  }
}

export function complaintsAboutHurt({ at, run }: Hurt, fault: Fault): string[] {
  if (at === undefined) return [`pulumi never came to this point (exit code ${run.exitCode})`]
  return fault === "fails" && run.exitCode === 0 ? ["the step failed, and pulumi up called it a success"] : []
}

export async function complaintsMeanwhile(lab: CrashLab, between: Between): Promise<readonly string[]> {
  const files = await complaintsAboutFiles(lab, between)
  const tokens = await complaintsAboutTokens(lab).catch((error) => [`tokens from before are not served: ${error}`])
  return [...files.filter((line) => !line.endsWith("was left behind")), ...tokens]
}

export async function complaintsAtTheEnd(lab: CrashLab, after: Snapshot): Promise<readonly string[]> {
  const wanted = after.name === "delegated" ? "delegated" : "legacy"
  try {
    return [
      ...(await differencesFrom(lab, after)),
      ...(await complaintsAboutTokens(lab)),
      ...(await complaintsAboutTheEnd(lab, wanted)),
    ]
  } catch (error) {
    return [`the server could not be looked at: ${error}`]
  }
}

export function noteOf({ killed, run }: Hurt): string {
  if (killed > 0) return `${killed} processes killed`
  const said = /error: .*/.exec(run.output)?.[0] ?? ""
  return `pulumi up ended with exit code ${run.exitCode}: ${said.slice(0, 160)}`
}
