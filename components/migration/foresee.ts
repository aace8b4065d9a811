import type { Database } from "../host/database.ts"
import type { Host } from "../host/host.ts"
import type { Checked } from "../lifecycle/lifecycle.ts"
import { RefusalList } from "../report/gathering.ts"
import { describeBootStart, findBootStart } from "../window/boot-start.ts"
import { readJournal } from "../window/journal.ts"
import { describeStop } from "../window/settle.ts"
import { readStepTimes } from "../window/step-times.ts"
import { checkRehearsal } from "./certificate-asked.ts"
import { inWords } from "./compare-sets.ts"
import { costOfReturn } from "./cost-of-return.ts"
import { demandClear } from "./demand-clear.ts"
import { expectWindow } from "./expected-window.ts"
import { blocking, describeFinding, type Finding } from "./finding.ts"
import type { BothSides } from "./gained.ts"
import { planGivingUp } from "./give-up.ts"
import { openSide, type Syn2MasMigrationInputs, synapseOf } from "./migration-sides.ts"
import { lookAhead, type PreFlightPlaces } from "./pre-flight.ts"
import { readHoldings } from "./read-holdings.ts"
import { sayWayBack, sayWayThere } from "./what-will-happen.ts"

/** What people are told beforehand: of the run as a whole, and of the migration. */
export type Foreseen = Required<Pick<Checked<Syn2MasMigrationInputs>, "summary" | "plan">>

/** What a migration would bring, and what it would stumble over: all of it at once. */
export async function foresee(host: Host, inputs: Syn2MasMigrationInputs, sides: BothSides): Promise<Foreseen> {
  const isToCome = inputs.authentication === "delegated"
  const held = await readHoldings(sides.synapse, "synapse")
  const refusals = new RefusalList()
  const rehearsal = await refusals.attempt(() => checkRehearsal(host, { ...inputs, synapse: synapseOf(inputs) }))
  const findings = (await refusals.attempt(() => findAhead(host, inputs, sides.synapse))) ?? []
  const givenUp = isToCome ? await refusals.attempt(() => planGivingUp(host, inputs, sides)) : []
  refusals.throwIfAny()
  const told = [...(await tellOfLastRun(host, inputs)), ...(rehearsal ?? [])]
  const rest = [...findings.map(describeFinding), ...(givenUp ?? [])]
  if (!isToCome) return { summary: [], plan: [...told, `at the cutover, MAS would get ${inWords(held)}`, ...rest] }
  const times = await readStepTimes(host, inputs.stateFolder)
  const atBoot = await tellOfBoot(host, inputs)
  const [users, sessions] = [held.users?.count ?? 0, held.sessions?.count ?? 0]
  const { issuer } = inputs.delegation
  return {
    summary: sayWayThere({ times, users, sessions, issuer, hasFindings: findings.length > 0, atBoot }),
    plan: [...told, `MAS will get ${inWords(held)}`, expectWindow(times), ...rest],
  }
}

/** What the way back does, and what it costs, the worst first. */
export async function foreseeReturn(
  host: Host,
  inputs: Syn2MasMigrationInputs,
  sides: BothSides,
): Promise<readonly string[]> {
  const times = await readStepTimes(host, inputs.stateFolder)
  return [...(await costOfReturn(sides)), ...sayWayBack(times, await tellOfBoot(host, inputs))]
}

async function tellOfBoot(host: Host, { delegation, stateFolder }: Syn2MasMigrationInputs): Promise<string> {
  return describeBootStart(await findBootStart(host, delegation.service, stateFolder), stateFolder)
}

/** Where the last run stopped, if it did not end well. */
async function tellOfLastRun(host: Host, { stateFolder }: Syn2MasMigrationInputs): Promise<readonly string[]> {
  const journal = await readJournal(host, stateFolder)
  if (journal === undefined || journal.ended === "done") return []
  return [`the last run ${journal.ended === "failed" ? "failed" : "stopped"} ${describeStop(journal)}`]
}

/** What stands in the way. Throws `migration/pre-flight` when the migration is to be made and some of it stops it. */
export async function findAhead(
  host: Host,
  inputs: Syn2MasMigrationInputs,
  synapse: Database,
  more: Pick<PreFlightPlaces, "isStartTriedNext"> = {},
): Promise<readonly Finding[]> {
  await using mas = await openSide(host, inputs, "mas")
  const findings = await lookAhead(host, {
    serverName: inputs.serverName,
    synapse: synapseOf(inputs),
    mas: inputs.mas,
    delegation: { ...inputs.delegation, host: inputs.host },
    login: inputs.login,
    synapseDatabase: synapse,
    masDatabase: mas,
    ...more,
  })
  if (inputs.authentication === "delegated")
    demandClear(host, inputs.delegation.file, blocking(findings, inputs.acknowledge))
  return findings
}
