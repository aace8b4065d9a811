import type { Database } from "../host/database.ts"
import {
  type AccountLine,
  differingAccounts,
  type HoldingKind,
  type Holdings,
  holdingsQuery,
  linesQuery,
  type Side,
} from "./holdings.ts"

/** Counts and digests of all kinds, as of one moment. */
export async function readHoldings(database: Database, side: Side): Promise<Holdings> {
  const rows = await database.rows<{ kind: string; count: number; digest: string }>(holdingsQuery(side))
  return Object.fromEntries(rows.map(({ kind, count, digest }) => [kind, { count, digest }]))
}

/** Names the accounts for which one kind differs. */
export async function findDifferingAccounts(
  kind: HoldingKind,
  databases: Readonly<Record<Side, Database>>,
): Promise<readonly string[]> {
  const lines = (side: Side) => databases[side].rows<AccountLine>(linesQuery(kind, side))
  return differingAccounts(await lines("synapse"), await lines("mas"))
}
