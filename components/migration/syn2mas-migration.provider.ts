import { ensureFreshBackup, type Freshness } from "../backup/ensure-fresh-backup.ts"
import { readDocument, readKey } from "../files/managed-file.ts"
import type { WebService } from "../host/ask-service.ts"
import { type Database, type DatabaseAddress, type DatabaseOptions, openDatabase } from "../host/database.ts"
import type { Host } from "../host/host.ts"
import type { Context, HostedInputs, Lifecycle } from "../lifecycle/lifecycle.ts"
import type { MasAddress } from "../mas/mas-cli.ts"
import { type DatabasePlace, masDatabase } from "../mas/mas-database.ts"
import { RefusalList } from "../report/gathering.ts"
import type { Homeserver } from "../synapse/homeserver.ts"
import { type DelegatedAuthInputs, planDelegation } from "../synapse/plan-delegation.ts"
import { servingFor } from "../synapse/serve-with.ts"
import type { SynapseAddress } from "../synapse/synapse-address.ts"
import { synapseDatabase } from "../synapse/synapse-database.ts"
import { isSynapseDelegated } from "../synapse/synapse-state.ts"
import { validateConfig } from "../synapse/validate-config.ts"
import { readJournal } from "../window/journal.ts"
import { inOperation } from "../window/operation.ts"
import { describeStop } from "../window/settle.ts"
import { readStepTimes } from "../window/step-times.ts"
import { demandNoWindow } from "../window/window-refusals.ts"
import {
  type AskedRehearsal,
  checkRehearsal,
  demandRehearsal,
  type Permission,
  recordRehearsal,
} from "./certificate-asked.ts"
import { costOfReturn } from "./cost-of-return.ts"
import { type CutOver, cutOver, inWords, type MigrationPlaces, rehearseMigration } from "./cut-over.ts"
import { demandClear } from "./demand-clear.ts"
import type { Evidence, EvidencePlaces } from "./evidence.ts"
import { expectWindow } from "./expected-window.ts"
import { blocking, describeFinding, type Finding } from "./finding.ts"
import type { BothSides } from "./gained.ts"
import { planGivingUp } from "./give-up.ts"
import type { Holdings, Side } from "./holdings.ts"
import { type BackupLocation, locateBackup } from "./locate-backup.ts"
import { makeRoom } from "./make-room.ts"
import { readMasState } from "./mas-state.ts"
import { lookAhead } from "./pre-flight.ts"
import { readHoldings } from "./read-holdings.ts"

export interface Syn2MasMigrationInputs extends HostedInputs {
  /** As the stack's config has it: homeserver.yaml has to say the same. */
  readonly serverName: string
  /** Where accounts are looked up: in Synapse's database, or in MAS's. */
  readonly authentication: "legacy" | "delegated"
  readonly mas: MasAddress & WebService
  readonly databases: { readonly synapse?: DatabasePlace; readonly mas?: DatabasePlace }
  /** A folder of ours on the host, made beforehand. */
  readonly stateFolder: string
  /** Warnings that config has taken note of: name and count. */
  readonly acknowledge: Readonly<Record<string, number>>
  /** Where a proven backup is, and how young it has to be before anything stops. */
  readonly backup: BackupLocation & Freshness
  /** What comes after the migration: tried before anything stops. */
  readonly delegation: Omit<DelegatedAuthInputs, "host">
  /** Where the logs of check and dry-run are copied to on this machine, and how old they may be at the migration. */
  readonly evidence: Omit<EvidencePlaces, "stateFolder">
  /** What a cutover asks for; without it, nobody asks. */
  readonly rehearsal?: AskedRehearsal
}

export interface Syn2MasMigrationOutputs {
  /** How many of each kind MAS got; empty as long as there was no migration. */
  readonly migrated: Readonly<Record<string, number>>
  /** When, in ISO 8601; `null`: not yet. */
  readonly migratedAt: string | null
  /** How long nobody was served, in all and step by step; `null`: not yet, or not by us. */
  readonly window: CutOver["window"] | null
  /** On what the cutover went ahead: a rehearsal, or the reason why there was none; `null`: nobody asked. */
  readonly rehearsed: string | null
  /** When check and dry-run were made that the last look ahead, or the migration, rests on: digests of their logs; `null`: not yet. */
  readonly evidence: Pick<Evidence, "takenAt" | "files"> | null
}

const nothingYet: Syn2MasMigrationOutputs = {
  migrated: {},
  migratedAt: null,
  window: null,
  rehearsed: null,
  evidence: null,
}

export const lifecycle: Lifecycle<Syn2MasMigrationInputs, Syn2MasMigrationOutputs> = {
  outputs: ["migrated", "migratedAt", "window", "rehearsed", "evidence"],
  identity: [],
  async check(inputs, before, { host }) {
    const isNews = before === undefined || before.authentication !== inputs.authentication
    if (!isNews) return { inputs }
    const isDelegated = await isSynapseDelegated(host, synapseOf(inputs))
    if (isDelegated && inputs.authentication === "delegated") return { inputs }
    await using synapse = await openSide(host, inputs, "synapse")
    await using mas = await openSide(host, inputs, "mas")
    const sides = { synapse, mas }
    if (isDelegated) return { inputs, summary: await costOfReturn(sides) }
    return { inputs, plan: await foresee(host, inputs, sides) }
  },
  async read(state, { host }) {
    await demandNoWindow(host, state.stateFolder)
    return { ...state, authentication: await liveAuthentication(host, state) }
  },
  async converge(wanted, state, context) {
    const kept = { ...nothingYet, ...pick(state) }
    const live = await liveAuthentication(context.host, wanted)
    if (wanted.authentication === "legacy") return prepare(wanted, kept, context)
    return live === "delegated" ? adopt(wanted, kept, context) : migrate(wanted, context)
  },
  async remove() {
    // Accounts stay where they are: taking them out of MAS would log everybody out.
  },
}

function pick(state: Partial<Syn2MasMigrationOutputs> | undefined): Partial<Syn2MasMigrationOutputs> {
  if (state?.migrated === undefined) return {}
  const { migrated, migratedAt = null, window = null, rehearsed = null, evidence = null } = state
  return { migrated, migratedAt, window, rehearsed, evidence }
}

/** In legacy, all that can be known beforehand is found out, unless MAS holds a copy from before: then there is no room. */
async function prepare(inputs: Syn2MasMigrationInputs, kept: Syn2MasMigrationOutputs, context: Context) {
  await using database = await openSide(context.host, inputs, "mas")
  const isFilled = (await readMasState(database)) === "filled"
  if (!isFilled && !(await isSynapseDelegated(context.host, synapseOf(inputs)))) {
    const places = placesOf(context.host, inputs)
    const { window } = inputs.delegation
    const { evidence } = await inOperation("rehearsal", { ...context, ...window }, (operation) =>
      rehearseMigration(operation, places),
    )
    return { ...kept, evidence: inState(evidence) }
  }
  return kept
}

/** Somebody else, or an earlier run whose state is lost, migrated already. */
async function adopt(inputs: Syn2MasMigrationInputs, kept: Syn2MasMigrationOutputs, { host }: Context) {
  if (kept.migratedAt !== null) return kept
  await using database = await openSide(host, inputs, "mas")
  return { ...nothingYet, migrated: countsOf(await readHoldings(database, "mas")) }
}

async function migrate(inputs: Syn2MasMigrationInputs, context: Context): Promise<Syn2MasMigrationOutputs> {
  const { host } = context
  const delegation = { ...inputs.delegation, host: inputs.host }
  return inOperation("cutover", { ...context, ...delegation.window }, async (operation) => {
    const { rehearsed } = await operation.step("look-again", () => lookAgain(host, inputs))
    const change = await planDelegation(host, delegation)
    await operation.step("try-config", () => validateConfig(host, synapseOf(inputs), change.after))
    await operation.step("back-up", async () =>
      ensureFreshBackup(context, await locateBackup(host, inputs.backup), inputs.backup),
    )
    const source = await masSource(host, inputs)
    await operation.step("make-room", () => makeRoom(context, placesOf(host, inputs), source))
    const serving = servingFor(delegation, "delegated")
    const { holdings, window, evidence } = await cutOver(operation, placesOf(host, inputs), { change, serving })
    const migratedAt = new Date().toISOString()
    return { migrated: countsOf(holdings), migratedAt, window, rehearsed, evidence: inState(evidence) }
  })
}

function inState({ takenAt, files }: Evidence): Pick<Evidence, "takenAt" | "files"> {
  return { takenAt, files }
}

/** What a migration would bring, and what it would stumble over: all of it at once. */
async function foresee(host: Host, inputs: Syn2MasMigrationInputs, sides: BothSides): Promise<readonly string[]> {
  const isToCome = inputs.authentication === "delegated"
  const held = inWords(await readHoldings(sides.synapse, "synapse"))
  const refusals = new RefusalList()
  const rehearsal = await refusals.attempt(() => checkRehearsal(host, { ...inputs, synapse: synapseOf(inputs) }))
  const findings = await refusals.attempt(() => findAhead(host, inputs, sides.synapse))
  const givenUp = isToCome ? await refusals.attempt(() => planGivingUp(host, inputs, sides)) : []
  refusals.throwIfAny()
  const will = isToCome ? "MAS will get" : "at the cutover, MAS would get"
  const window = isToCome ? [expectWindow(await readStepTimes(host, inputs.stateFolder))] : []
  return [
    ...(await tellOfLastRun(host, inputs)),
    ...(rehearsal ?? []),
    `${will} ${held}`,
    ...window,
    ...(findings ?? []).map(describeFinding),
    ...(givenUp ?? []),
  ]
}

/** Where the last run stopped, if it did not end well. */
async function tellOfLastRun(host: Host, { stateFolder }: Syn2MasMigrationInputs): Promise<readonly string[]> {
  const journal = await readJournal(host, stateFolder)
  if (journal === undefined || journal.ended === "done") return []
  return [`the last run ${journal.ended === "failed" ? "failed" : "stopped"} ${describeStop(journal)}`]
}

/** What stands in the way. Throws `migration/pre-flight` when the migration is to be made and some of it stops it. */
async function findAhead(host: Host, inputs: Syn2MasMigrationInputs, synapse: Database): Promise<readonly Finding[]> {
  await using mas = await openSide(host, inputs, "mas")
  const findings = await lookAhead(host, {
    serverName: inputs.serverName,
    synapse: synapseOf(inputs),
    mas: inputs.mas,
    delegation: { ...inputs.delegation, host: inputs.host },
    synapseDatabase: synapse,
    masDatabase: mas,
  })
  if (inputs.authentication === "delegated")
    demandClear(host, inputs.delegation.file, blocking(findings, inputs.acknowledge))
  return findings
}

/** Synapse has gone on serving since the preview. */
async function lookAgain(host: Host, inputs: Syn2MasMigrationInputs): Promise<Permission> {
  const permission = await demandRehearsal(host, { ...inputs, synapse: synapseOf(inputs) })
  await using synapse = await openSide(host, inputs, "synapse")
  await findAhead(host, inputs, synapse)
  await recordRehearsal(host, inputs.stateFolder, permission)
  return permission
}

/** `delegated` takes two: a Synapse that hands its log-in to MAS, and a MAS that has whom Synapse has. */
async function liveAuthentication(host: Host, inputs: Syn2MasMigrationInputs): Promise<"legacy" | "delegated"> {
  if (!(await isSynapseDelegated(host, synapseOf(inputs)))) return "legacy"
  await using mas = await openSide(host, inputs, "mas")
  if ((await readMasState(mas)) === "filled") return "delegated"
  await using synapse = await openSide(host, inputs, "synapse")
  const { users } = await readHoldings(synapse, "synapse")
  return users?.count === 0 ? "delegated" : "legacy"
}

function synapseOf({ delegation }: Syn2MasMigrationInputs): SynapseAddress {
  const { service, file, keptAt, synapseEndpoint } = delegation
  return { service, homeserverYaml: file, keptAt, endpoint: synapseEndpoint }
}

function placesOf(host: Host, inputs: Syn2MasMigrationInputs): MigrationPlaces {
  const { mas, stateFolder, acknowledge } = inputs
  return {
    synapse: synapseOf(inputs),
    mas,
    stateFolder,
    acknowledge,
    evidence: { ...inputs.evidence, stateFolder },
    open: (side, options) => openSide(host, inputs, side, options),
  }
}

async function openSide(
  host: Host,
  inputs: Syn2MasMigrationInputs,
  side: Side,
  options?: DatabaseOptions,
): Promise<Database> {
  if (side === "synapse") {
    const homeserver = await readDocument(host, { path: inputs.delegation.file, dialect: "yaml11" })
    return openDatabase(host, synapseDatabase(homeserver as Homeserver, inputs.databases.synapse))
  }
  return openDatabase(host, await masSource(host, inputs), options)
}

async function masSource(host: Host, { mas, databases }: Syn2MasMigrationInputs): Promise<DatabaseAddress> {
  const section = await readKey(host, { path: mas.config, dialect: "yaml12" }, "database")
  return masDatabase((section ?? {}) as Record<string, unknown>, databases.mas)
}

function countsOf(holdings: Holdings): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(holdings).map(([kind, { count }]) => [kind, count]))
}
