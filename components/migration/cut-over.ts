import type { PlannedChange } from "../files/managed-file.ts"
import type { WebService } from "../host/ask-service.ts"
import { endBeside } from "../host/beside.ts"
import type { Database, DatabaseOptions } from "../host/database.ts"
import type { Host } from "../host/host.ts"
import { restartPoliciesOf } from "../host/restart-policy.ts"
import { stopService } from "../host/service.ts"
import { type MasAddress, masCliContainer, ranInContainer } from "../mas/mas-cli.ts"
import { startMas } from "../mas/mas-running.ts"
import { formatDuration } from "../report/durations.ts"
import { Refusal } from "../report/refusal.ts"
import { type Serving, windowFor, writeAndRestart } from "../synapse/serve-with.ts"
import type { SynapseAddress } from "../synapse/synapse-address.ts"
import type { StepTime } from "../window/journal.ts"
import { type Operation, type OperationPlace, sayTimes } from "../window/operation.ts"
import type { Step } from "../window/steps.ts"
import { inWindow, survivePowerLoss } from "../window/window.ts"
import { compareSets } from "./compare-sets.ts"
import { demandEvidence, type Evidence, type EvidencePlaces, keepEvidence, objectionTo } from "./evidence.ts"
import { freezeHomeserver } from "./frozen-homeserver.ts"
import type { Holdings, Side } from "./holdings.ts"
import { type MasState, readMasState } from "./mas-state.ts"
import { readHoldings } from "./read-holdings.ts"
import { demandStandstill, lastStartOf } from "./standstill.ts"
import { checkMigration, dryRunMigration, runMigration, type Syn2MasRun } from "./syn2mas.ts"

/** All that a migration has to reach. */
export interface MigrationPlaces {
  readonly synapse: SynapseAddress
  readonly mas: MasAddress & WebService
  /** Opens a session in one of the two databases, read-only unless said otherwise. */
  readonly open: (side: Side, options?: DatabaseOptions) => Promise<Database>
  /** A folder of ours on the host. */
  readonly stateFolder: string
  readonly acknowledge: Readonly<Record<string, number>>
  readonly evidence: EvidencePlaces
}

/** What was tried, and the evidence of it. */
export interface Rehearsed {
  readonly run: Syn2MasRun
  readonly evidence: Evidence
}

/**
 * Lets syn2mas check and rehearse the migration on the same data, with MAS's server stopped around it, since syn2mas
 * renames MAS's tables while it works. Synapse goes on serving; in legacy nobody needs MAS. MAS runs again afterwards,
 * whatever came of it. Returns what was tried, so that just that is migrated, and keeps the evidence.
 */
export async function rehearseMigration(operation: Operation, places: MigrationPlaces): Promise<Rehearsed> {
  const { host, say } = operation.place
  await endLeftover(operation, places)
  const run = await operation.step("freeze-homeserver", () => prepareRun(host, places))
  await operation.step("stop-mas-to-rehearse", () => stopService(host, places.mas.service))
  let evidence: Evidence
  try {
    evidence = await tryOut(operation.place, places, run, (step, work) => operation.step(step, work))
  } catch (error) {
    await startMas(host, places.mas, say).catch((reason) =>
      say(`MAS does not start, and nobody needs it in legacy: ${whatOf(reason)}`),
    )
    throw error
  }
  await operation.step("start-mas-after-rehearsal", () => startMas(host, places.mas, say))
  return { run, evidence }
}

/** As a part of another step. */
const atOnce = <T>(_step: Step, work: () => Promise<T>): Promise<T> => work()

/** Check and dry-run, with MAS's server stopped, and the evidence of both. */
async function tryOut({ host }: OperationPlace, places: MigrationPlaces, run: Syn2MasRun, step = atOnce) {
  const held = await heldBySynapse(places)
  const check = await step("check", () => checkMigration(host, run))
  const dryRun = await step("dry-run", () => dryRunMigration(host, run))
  const printed = { "syn2mas-check.log": check, "syn2mas-dry-run.log": dryRun }
  return keepEvidence(host, places.evidence, { held, printed })
}

/**
 * Synapse stands still by now. People may have used it since the dry-run, as they should: then all is tried once more, on
 * just what is there. Throws `migration/evidence-does-not-hold` when the data changes even so.
 */
async function weighEvidence(operation: Operation, places: MigrationPlaces, { run, evidence }: Rehearsed) {
  const { host, say } = operation.place
  const { maxAgeSeconds } = places.evidence
  const known = async () => ({ held: await heldBySynapse(places), maxAgeSeconds, now: new Date() })
  const objection = objectionTo(evidence, await known())
  if (objection === undefined) return evidence
  say(`the dry-run does not count for what is there now (${objection}): it is made again`)
  const again = await tryOut(operation.place, places, run)
  demandEvidence(host, again, await known())
  return again
}

async function heldBySynapse(places: MigrationPlaces): Promise<Holdings> {
  await using synapse = await places.open("synapse")
  return await readHoldings(synapse, "synapse")
}

/**
 * Brings every account to MAS and lets Synapse serve delegated: Synapse and MAS stop, migrate, compare as sets, MAS starts,
 * Synapse starts delegated. All that happens while nobody is served happens in here, under the dead-man's switch, and
 * nothing else of a run comes in between. On failure legacy Synapse serves again.
 */
export async function cutOver(operation: Operation, places: MigrationPlaces, delegation: Delegation): Promise<CutOver> {
  const { host, say } = operation.place
  const { change, serving } = delegation
  const rehearsed = await rehearseMigration(operation, places)
  const { run } = rehearsed
  const opened = await windowFor(operation.place, change, serving)
  const withMigration = {
    ...opened,
    end: oneShotsOf(places.mas),
    policies: [...opened.policies, ...(await restartPoliciesOf(host, places.mas.service))],
  }
  try {
    return await inWindow(operation, withMigration, async () => {
      const before = operation.done.length
      await operation.step("stop-synapse", () => stopService(host, places.synapse.service))
      const lastStart = await lastStartOf(host, places.synapse.service)
      await operation.step("stop-mas", () => stopService(host, places.mas.service))
      const evidence = await operation.step("weigh-evidence", () => weighEvidence(operation, places, rehearsed))
      await operation.step("migrate", () => runMigration(host, run))
      const holdings = await operation.step("compare", () => compareSets(operation.place, places))
      await operation.step("start-mas", () => startForGood(operation, places.mas))
      const demandStill = () => demandStandstill(host, places.synapse.service, lastStart)
      await writeAndRestart(operation, change, serving, demandStill)
      const steps = operation.done.slice(before)
      const seconds = steps.reduce((sum, step) => sum + step.seconds, 0)
      say(`Synapse serves, delegated: nobody was served for ${formatDuration(seconds)} (${sayTimes(steps)})`)
      return { holdings, evidence, window: { seconds, steps } }
    })
  } catch (error) {
    await mendMas(operation, places, run)
    throw error
  }
}

/** One-shot containers that a killed run may leave at work. A command of the operator's leaves none, and there may be no engine to ask. */
export function oneShotsOf(mas: MasAddress) {
  return ranInContainer(mas) ? [{ service: mas.service, name: masCliContainer(mas, "syn2mas") }] : []
}

/** From the moment that homeserver.yaml is written, a Synapse that comes up by itself needs MAS. Not before: MAS's tables are away. */
async function startForGood(operation: Operation, mas: MigrationPlaces["mas"]): Promise<void> {
  await survivePowerLoss(operation, mas.service)
  await startMas(operation.place.host, mas, operation.place.say)
}

/** The homeserver.yaml with which Synapse serves after the migration. */
export interface Delegation {
  readonly change: PlannedChange
  readonly serving: Serving
}

export interface CutOver {
  /** What MAS has got. */
  readonly holdings: Holdings
  /** Of the dry-run that the migration rests on. */
  readonly evidence: Evidence
  /** How long nobody was served, in all and step by step. */
  readonly window: { readonly seconds: number; readonly steps: readonly StepTime[] }
}

/** One whose client died goes on in its container. Whoever holds the operation's lock knows that nobody waits for it. */
async function endLeftover({ place: { host, say } }: Operation, { mas }: MigrationPlaces): Promise<void> {
  if (!ranInContainer(mas)) return
  if (await endBeside(host, mas.service, masCliContainer(mas, "syn2mas"))) {
    say("a syn2mas of an earlier run, whose client had died, is ended")
  }
}

/** After legacy Synapse serves again: MAS's tables get their names back, and MAS runs. Nobody needs it in legacy. */
async function mendMas({ place: { host, say } }: Operation, places: MigrationPlaces, run: Syn2MasRun): Promise<void> {
  try {
    if ((await stateOf(places)) === "interrupted") {
      say("MAS's tables get their names back, by a dry-run; Synapse serves meanwhile")
      await dryRunMigration(host, run)
    }
    await startMas(host, places.mas, say)
  } catch (reason) {
    say(`MAS does not start; nobody needs it in legacy, and the next \`pulumi up\` mends it: ${whatOf(reason)}`)
  }
}

function whatOf(reason: unknown): string {
  return reason instanceof Refusal ? reason.what : String(reason)
}

async function stateOf(places: MigrationPlaces): Promise<MasState> {
  await using mas = await places.open("mas")
  return await readMasState(mas)
}

async function prepareRun(host: Host, places: MigrationPlaces): Promise<Syn2MasRun> {
  const { mas, synapse, stateFolder, acknowledge } = places
  const homeserverYaml = await freezeHomeserver(host, { synapse, stateFolder, like: mas.config })
  return { mas, homeserverYaml, frozenFrom: synapse.homeserverYaml, acknowledge }
}
