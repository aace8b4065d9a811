import { setTimeout as pause } from "node:timers/promises"
import { localHost } from "../../../components/host/local-host.ts"
import { isArmed } from "../../../components/window/dead-mans-switch.ts"
import { complaintsAboutTheEnd, complaintsAboutTokens } from "../judge/clients.ts"
import { complaintsAboutFiles, differencesFrom } from "../judge/files.ts"
import { lostSince, possessionsOf } from "../judge/possessions.ts"
import { servedAfter, type Watch, watchServing } from "../judge/serving.ts"
import { configure } from "../lab/configure.ts"
import { type CrashLab, leaseSeconds } from "../lab/crash-lab.ts"
import { type Process, processesOf } from "../lab/processes.ts"
import { recover } from "../lab/recover.ts"
import { runPulumi, up } from "../lab/run-pulumi.ts"
import { reset, type Snapshot } from "../lab/snapshot.ts"
import type { Worlds } from "../lab/worlds.ts"
import { type Hurt, hurtUp } from "./hurt.ts"
import type { Outcome } from "./outcome.ts"
import { describePoint, type Fault, type Point } from "./points.ts"

/** What starting takes, on top of the lease: Synapse's start, on a machine with other work. */
export const allowanceSeconds = 75

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
  if (seconds === undefined || seconds > leaseSeconds + allowanceSeconds)
    complaints.push(`the server did not serve again within ${leaseSeconds + allowanceSeconds} s`)
  const finish = await finishAsOperator(lab)
  complaints.push(...finish.complaints, ...(await complaintsAtTheEnd(lab, after)))
  const lost = lostSince(had, await possessionsOf(lab))
  return {
    point: describePoint(point),
    fault,
    complaints,
    servedAfterSeconds: seconds ?? null,
    lost,
    note: [noteOf(hurt), ...finish.cleared].join("; "),
    transcript: [hurt.run.output, ...finish.transcript].join("\n"),
  }
}

/** Until what guards the window has ended, and the server serves or has had its time. */
export async function settle(lab: CrashLab, watch: Watch): Promise<void> {
  const deadline = Date.now() + (leaseSeconds + allowanceSeconds) * 1000
  while (Date.now() < deadline) {
    const isOver = (await processesOf(lab)).filter((one) => !isSwitch(one)).length === 0 && !(await isGuarded(lab))
    if (isOver && watch.looks.slice(-5).every(({ isServed }) => isServed)) break
    await pause(200)
  }
  await watch.stop()
}

/** It stays for a while after it has acted, in case that a stop that was under way still comes. */
function isSwitch({ argv }: Process): boolean {
  return argv.some((word) => word.endsWith("/switch/run.sh"))
}

function isGuarded({ places }: CrashLab): Promise<boolean> {
  return isArmed(localHost, places.host.stateFolder)
}

export function complaintsAboutHurt({ at, run }: Hurt, fault: Fault): string[] {
  if (at === undefined) return [`pulumi never came to this point (exit code ${run.exitCode})`]
  return fault === "fails" && run.exitCode === 0 ? ["the step failed, and pulumi up called it a success"] : []
}

export async function complaintsMeanwhile(
  lab: CrashLab,
  between: { readonly before: Snapshot; readonly after: Snapshot },
): Promise<readonly string[]> {
  const files = await complaintsAboutFiles(lab, between)
  const tokens = await complaintsAboutTokens(lab).catch((error) => [`tokens from before are not served: ${error}`])
  return [...files.filter((line) => !line.endsWith("was left behind")), ...tokens]
}

/** As the operator would: recover, then a plain `pulumi up`. */
async function finishAsOperator(lab: CrashLab) {
  const recovered = await recover(lab)
  const { exitCode, output } = await runPulumi(lab, ...up)
  const complaints = [
    ...(recovered.exitCode === 0 ? [] : [`npm run recover ended with exit code ${recovered.exitCode}`]),
    ...(exitCode === 0 ? [] : [`pulumi up afterwards ended with exit code ${exitCode}`]),
  ]
  return { complaints, cleared: recovered.report.cleared, transcript: [recovered.output, output] }
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
