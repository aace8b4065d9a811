import { isDelegated } from "../judge/clients.ts"
import { lostSince, type Possessions, possessionsOf } from "../judge/possessions.ts"
import { servedAfter, watchServing } from "../judge/serving.ts"
import type { CrashLab } from "../lab/crash-lab.ts"
import type { Worlds } from "../lab/worlds.ts"
import { type Finish, finishAsOperator, recoverAsOperator } from "../runs/finish.ts"
import type { Outcome } from "../runs/outcome.ts"
import { beginChain } from "../runs/run-chain.ts"
import { complaintsAtTheEnd, complaintsMeanwhile } from "../runs/run-point.ts"
import { complaintsAboutServing, settle } from "../runs/settle.ts"
import type { Played, Scenario } from "./scenario.ts"

interface Place {
  readonly lab: CrashLab
  readonly worlds: Worlds
}

/** One scenario on a fresh server: played, judged, cleared up as an operator would, finished by a plain `pulumi up`, judged again. */
export async function runScenario(place: Place, scenario: Scenario): Promise<Outcome> {
  const { lab, worlds } = place
  const had = await beginChain(lab, worlds, "cutover")
  return judged(place, scenario, had, async () => {
    const finish = await finishAsOperator(lab, scenario.isKilled)
    const complaints = await complaintsAtTheEnd(lab, worlds.delegated)
    return { ...finish, complaints: [...finish.complaints, ...complaints] }
  })
}

/**
 * Scenarios one after the other on the same server: what one left is what the next one finds, unless it has come through
 * to delegated. A plain `pulumi up` at the end completes what was begun (`endChain`).
 */
export async function playInChain(place: Place, scenario: Scenario, had: Possessions): Promise<Outcome> {
  const { lab, worlds } = place
  if (await isDelegated(lab)) await beginChain(lab, worlds, "cutover")
  return judged(place, scenario, had, () => recoverAsOperator(lab, scenario.isKilled))
}

async function judged(
  { lab, worlds }: Place,
  scenario: Scenario,
  had: Possessions,
  finish: () => Promise<Finish>,
): Promise<Outcome> {
  const { point, fault } = scenario
  const watch = watchServing(lab)
  const complaints: string[] = []
  const transcript: string[] = []
  let played: Played | undefined
  {
    await using litter = new AsyncDisposableStack()
    played = await scenario.play({ lab, worlds, litter }).catch((error: Error) => {
      complaints.push(`it could not be played: ${error.message.split("\n")[0]}`)
      transcript.push(String(error.stack))
      return undefined
    })
    await settle(lab, watch)
    const between = played?.between ?? { before: worlds.legacy, after: worlds.delegated }
    complaints.push(...(played?.complaints ?? []), ...(await complaintsMeanwhile(lab, between)))
  }
  const seconds = played === undefined ? undefined : servedAfter(watch.looks, played.at)
  const finished = await finish()
  return {
    point,
    fault,
    complaints: [...complaints, ...complaintsAboutServing(seconds), ...finished.complaints],
    servedAfterSeconds: seconds ?? null,
    lost: lostSince(had, await possessionsOf(lab)),
    ranAt: new Date().toISOString(),
    note: [played?.note ?? "", ...finished.cleared].join("; "),
    transcript: [...transcript, played?.run.output ?? "", ...finished.transcript].join("\n"),
  }
}
