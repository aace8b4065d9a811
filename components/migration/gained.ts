import type { Database } from "../host/database.ts"
import { readOtherRows } from "./account-tables.ts"
import { type GainedKind, gainedKinds } from "./gained-kinds.ts"
import { readMasState } from "./mas-state.ts"
import { nameList } from "./name-list.ts"

/** The two databases of a server, as sessions. */
export interface BothSides {
  readonly synapse: Database
  readonly mas: Database
}

/** What MAS has gained of one kind. */
export interface Gained {
  readonly kind: Pick<GainedKind, "name" | "what" | "lost">
  readonly count: number
  /** Whose, as often as each is counted; of other rows the tables. */
  readonly names: readonly string[]
}

/** Rows of tables that no MAS had when this was written. */
const otherRows: Gained["kind"] = {
  name: "mas-other-rows",
  what: "rows of accounts, in tables of MAS that are new to us",
  lost: "they are gone",
}

/** What config may give up. */
export const gainedNames: readonly string[] = [...gainedKinds, otherRows].map(({ name }) => name)

/** The kinds of which MAS has gained something, and whose it is. Reads only. Nothing where MAS has no copy. */
export async function whatMasGained({ synapse, mas }: BothSides): Promise<readonly Gained[]> {
  if ((await readMasState(mas)) !== "filled") return []
  const gained: Gained[] = []
  let newAccounts: ReadonlySet<string> = new Set()
  for (const kind of gainedKinds) {
    const all = await readNames(kind, { synapse, mas })
    const names = kind.ofNewAccounts ? all : all.filter((name) => !newAccounts.has(name))
    if (kind.name === "mas-accounts") newAccounts = new Set(names)
    if (names.length > 0) gained.push({ kind, count: names.length, names })
  }
  const others = await readOtherRows(mas)
  return others.length > 0 ? [...gained, { kind: otherRows, count: others.length, names: others }] : gained
}

/** Whose lines MAS has and Synapse has not. Synapse's leave its database as hashes only. */
async function readNames({ mas: ofMas, synapse: ofSynapse }: GainedKind, { synapse, mas }: BothSides) {
  const found = await mas.rows<{ account: string; line: string }>(
    `SELECT account, md5(line) AS line FROM (${ofMas}) AS lines ORDER BY account COLLATE "C"`,
  )
  if (ofSynapse === undefined || found.length === 0) return found.map(({ account }) => account)
  const rows = await synapse.rows<{ line: string }>(`SELECT md5(line) AS line FROM (${ofSynapse}) AS lines`)
  const known = new Set(rows.map(({ line }) => line))
  return found.filter(({ line }) => !known.has(line)).map(({ account }) => account)
}

/** Those that config has not given up with their very count. */
export function notGivenUp(
  gained: readonly Gained[],
  acknowledged: Readonly<Record<string, number>>,
): readonly Gained[] {
  return gained.filter(({ kind, count }) => acknowledged[kind.name] !== count)
}

/** As people read it. */
export function describeGained({ kind, count, names }: Gained): string {
  return `${kind.name} (${count}): ${kind.what}: ${nameList(names)}; ${kind.lost}`
}
