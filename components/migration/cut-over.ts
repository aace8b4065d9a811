import type { WebService } from "../host/ask-service.ts"
import type { Database, DatabaseOptions } from "../host/database.ts"
import { startService, stopService } from "../host/service.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import type { MasAddress } from "../mas/mas-cli.ts"
import { startMas } from "../mas/mas-running.ts"
import { formatDuration } from "../report/durations.ts"
import { Refusal } from "../report/refusal.ts"
import { type SynapseAddress, waitForSynapse } from "../synapse/synapse-address.ts"
import { freezeHomeserver } from "./frozen-homeserver.ts"
import { differingKinds, type Holdings, type Side } from "./holdings.ts"
import { readMasState } from "./mas-state.ts"
import { findDifferingAccounts, readHoldings } from "./read-holdings.ts"
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
}

/**
 * Lets syn2mas check and rehearse the migration on the same data, with MAS's server stopped around it, since syn2mas
 * renames MAS's tables while it works. Synapse goes on serving; in legacy nobody needs MAS. MAS runs again afterwards,
 * whatever came of it. Returns what was tried, so that just that is migrated.
 */
export async function rehearseMigration(context: Context, places: MigrationPlaces): Promise<Syn2MasRun> {
  const { host, say } = context
  const run = await prepareRun(context, places)
  say("MAS stops for syn2mas check and a dry-run; Synapse goes on serving")
  await stopService(host, places.mas.service)
  try {
    await checkMigration(host, run)
    say("syn2mas check passed; syn2mas migrate --dry-run on the same data")
    await dryRunMigration(host, run)
    return run
  } finally {
    await startMas(host, places.mas, say)
  }
}

/**
 * Brings every account to MAS and lets Synapse serve delegated: check, dry-run, Synapse and MAS stop, migrate, compare as
 * sets, MAS starts, `delegate`. All that happens while nobody is served happens in here, so that nothing else of a run
 * comes in between. On failure legacy Synapse serves again.
 */
export async function cutOver(
  context: Context,
  places: MigrationPlaces,
  delegate: () => Promise<unknown>,
): Promise<Holdings> {
  const { host, say } = context
  const run = await rehearseMigration(context, places)
  const begin = performance.now()
  say("Synapse stops: from here on nobody is served until the delegated Synapse answers")
  await stopService(host, places.synapse.service)
  try {
    await stopService(host, places.mas.service)
    say("syn2mas migrate")
    await runMigration(host, run)
    const holdings = await compare(context, places)
    await startMas(host, places.mas, say)
    await delegate()
    say(`Synapse serves, delegated: nobody was served for ${formatDuration((performance.now() - begin) / 1000)}`)
    return holdings
  } catch (error) {
    await backToLegacy(context, places, run)
    throw error
  }
}

/** Compares as sets what Synapse holds and what MAS got. Throws `migration/sets-differ` with the accounts. */
async function compare({ host, say }: Context, places: MigrationPlaces): Promise<Holdings> {
  await using synapse = await places.open("synapse")
  await using mas = await places.open("mas")
  const [held, got] = [await readHoldings(synapse, "synapse"), await readHoldings(mas, "mas")]
  const [kind] = differingKinds(held, got)
  if (kind === undefined) {
    say(`MAS holds all that Synapse holds: ${inWords(got)}`)
    return got
  }
  const accounts = await findDifferingAccounts(kind, { synapse, mas })
  throw new Refusal({
    code: "migration/sets-differ",
    what: `After the migration, ${kind.name} differ: Synapse has ${held[kind.name]?.count}, MAS has ${got[kind.name]?.count}`,
    where: { host: host.name },
    meaning: `Synapse serves as before, with its own log-in. Accounts: ${accounts.slice(0, 10).join(", ")} (${accounts.length}).`,
    next: "Report it with the versions of Synapse and MAS: syn2mas left out what we know of no reason to leave out.",
  })
}

/** A kind and its count each, those that are there. */
export function inWords(holdings: Holdings): string {
  return Object.entries(holdings)
    .filter(([, { count }]) => count > 0)
    .map(([kind, { count }]) => `${count} ${kind}`)
    .join(", ")
}

/** homeserver.yaml is as it was: legacy Synapse starts, and MAS's tables get their names back. */
async function backToLegacy({ host, say }: Context, places: MigrationPlaces, run: Syn2MasRun): Promise<void> {
  say("the migration failed: Synapse starts as before")
  await startService(host, places.synapse.service)
  await waitForSynapse(host, places.synapse, say)
  await using mas = await places.open("mas")
  if ((await readMasState(mas)) === "interrupted") await dryRunMigration(host, run).catch(() => {})
  await startMas(host, places.mas, say).catch(() => say("MAS does not start; nobody needs it in legacy"))
}

async function prepareRun({ host }: Context, places: MigrationPlaces): Promise<Syn2MasRun> {
  const { mas, synapse, stateFolder, acknowledge } = places
  const homeserverYaml = await freezeHomeserver(host, { from: synapse.homeserverYaml, stateFolder, like: mas.config })
  return { mas, homeserverYaml, acknowledge }
}
