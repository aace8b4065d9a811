import { lostSince, type Possessions, possessionsOf } from "../judge/possessions.ts"
import { servedAfter, watchServing } from "../judge/serving.ts"
import { configure } from "../lab/configure.ts"
import type { CrashLab } from "../lab/crash-lab.ts"
import { runPulumi, up } from "../lab/run-pulumi.ts"
import { reset } from "../lab/snapshot.ts"
import type { Worlds } from "../lab/worlds.ts"
import type { Entry } from "../list.ts"
import { recoverAsOperator } from "./finish.ts"
import { hurtUp } from "./hurt.ts"
import type { Outcome } from "./outcome.ts"
import { describePoint, type Point } from "./points.ts"
import { complaintsAboutHurt, complaintsAtTheEnd, complaintsMeanwhile, noteOf } from "./run-point.ts"
import { complaintsAboutServing, settle } from "./settle.ts"

type Way = Point["way"]

/** Where a way begins and where it leads. */
function between({ legacy, delegated }: Worlds, way: Way) {
  return way === "cutover" ? { before: legacy, after: delegated } : { before: delegated, after: legacy }
}

/** Goes to the begin of a way, and says what people have there. */
export async function beginChain(lab: CrashLab, worlds: Worlds, way: Way): Promise<Possessions> {
  await reset(lab, between(worlds, way).before)
  await configure(lab, { authentication: way === "cutover" ? "delegated" : "legacy" })
  return possessionsOf(lab)
}

/** One run after another on the same server, each hurt at its point: what the last one left is what the next one finds. */
export async function hurtInChain(
  lab: CrashLab,
  worlds: Worlds,
  { point, fault }: Entry,
  had: Possessions,
): Promise<Outcome> {
  const watch = watchServing(lab)
  const hurt = await hurtUp(lab, point, fault)
  await settle(lab, watch)
  const complaints = [
    ...complaintsAboutHurt(hurt, fault),
    ...(await complaintsMeanwhile(lab, between(worlds, point.way))),
  ]
  const seconds = hurt.at === undefined ? undefined : servedAfter(watch.looks, hurt.at)
  const recovered = await recoverAsOperator(lab, fault !== "fails")
  return {
    point: describePoint(point),
    fault,
    complaints: [...complaints, ...complaintsAboutServing(seconds), ...recovered.complaints],
    servedAfterSeconds: seconds ?? null,
    lost: lostSince(had, await possessionsOf(lab)),
    ranAt: new Date().toISOString(),
    note: [noteOf(hurt), ...recovered.cleared].join("; "),
    transcript: [hurt.run.output, ...recovered.transcript].join("\n"),
  }
}

/** A plain `pulumi up` at the end has to complete the way, with exact counts and nothing else. */
export async function endChain(lab: CrashLab, worlds: Worlds, way: Way, had: Possessions): Promise<Outcome> {
  const { exitCode, output } = await runPulumi(lab, ...up)
  const complaints = exitCode === 0 ? [] : [`pulumi up ended with exit code ${exitCode}`]
  return {
    point: `${way}: the end of all that was begun`,
    fault: "none",
    complaints: [...complaints, ...(await complaintsAtTheEnd(lab, between(worlds, way).after))],
    servedAfterSeconds: 0,
    lost: lostSince(had, await possessionsOf(lab)),
    ranAt: new Date().toISOString(),
    note: "a plain pulumi up",
    transcript: output,
  }
}
