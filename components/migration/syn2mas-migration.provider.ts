import { ensureFreshBackup } from "../backup/ensure-fresh-backup.ts"
import type { Host } from "../host/host.ts"
import type { Context, Lifecycle } from "../lifecycle/lifecycle.ts"
import { planDelegation } from "../synapse/plan-delegation.ts"
import { placeFor, servingFor } from "../synapse/serve-with.ts"
import { isSynapseDelegated } from "../synapse/synapse-state.ts"
import { describeTried, validateConfig } from "../synapse/validate-config.ts"
import { inOperation } from "../window/operation.ts"
import { demandNoWindow } from "../window/window-refusals.ts"
import { demandRehearsal, type Permission, recordRehearsal } from "./certificate-asked.ts"
import { type CutOver, cutOver, rehearseMigration } from "./cut-over.ts"
import type { Evidence } from "./evidence.ts"
import { findAhead, foresee, foreseeReturn } from "./foresee.ts"
import type { Holdings } from "./holdings.ts"
import { locateBackup } from "./locate-backup.ts"
import { makeRoom } from "./make-room.ts"
import { readMasState } from "./mas-state.ts"
import { masSource, openSide, placesOf, type Syn2MasMigrationInputs, synapseOf } from "./migration-sides.ts"
import { readHoldings } from "./read-holdings.ts"

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
    if (isDelegated) return { inputs, summary: await foreseeReturn(host, inputs, sides) }
    return { inputs, ...(await foresee(host, inputs, sides)) }
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
    const serving = servingFor({ ...inputs.delegation, host: inputs.host }, "legacy")
    const { evidence } = await inOperation("rehearsal", placeFor(context, serving), (operation) =>
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
  const serving = servingFor(delegation, "delegated")
  return inOperation("cutover", placeFor(context, serving), async (operation) => {
    const { rehearsed } = await operation.step("look-again", () => lookAgain(host, inputs))
    const change = await planDelegation(host, delegation)
    const tried = await operation.step("try-config", () =>
      validateConfig(host, synapseOf(inputs), change.after, serving.window),
    )
    context.say(describeTried(tried))
    await operation.step("back-up", async () => ensureFreshBackup(context, await locateBackup(host, inputs.backup)))
    const source = await masSource(host, inputs)
    await operation.step("make-room", () => makeRoom(context, placesOf(host, inputs), source))
    const { holdings, window, evidence } = await cutOver(operation, placesOf(host, inputs), { change, serving })
    const migratedAt = new Date().toISOString()
    return { migrated: countsOf(holdings), migratedAt, window, rehearsed, evidence: inState(evidence) }
  })
}

function inState({ takenAt, files }: Evidence): Pick<Evidence, "takenAt" | "files"> {
  return { takenAt, files }
}

/** Synapse has gone on serving since the preview. */
async function lookAgain(host: Host, inputs: Syn2MasMigrationInputs): Promise<Permission> {
  const permission = await demandRehearsal(host, { ...inputs, synapse: synapseOf(inputs) })
  await using synapse = await openSide(host, inputs, "synapse")
  await findAhead(host, inputs, synapse, { isStartTriedNext: true })
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

function countsOf(holdings: Holdings): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(holdings).map(([kind, { count }]) => [kind, count]))
}
