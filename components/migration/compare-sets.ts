import type { Context } from "../lifecycle/lifecycle.ts"
import { Refusal } from "../report/refusal.ts"
import type { MigrationPlaces } from "./cut-over.ts"
import { differingKinds, type Holdings } from "./holdings.ts"
import { findDifferingAccounts, readHoldings } from "./read-holdings.ts"

/** Compares as sets what Synapse holds and what MAS got. Throws `migration/sets-differ` with the accounts. */
export async function compareSets({ host, say }: Context, places: MigrationPlaces): Promise<Holdings> {
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
