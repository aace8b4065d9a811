import { openDatabase } from "../host/database.ts"
import type { Argv, Host } from "../host/host.ts"
import { Refusal } from "../report/refusal.ts"
import { countRows, differingTables, type RowCounts } from "./count-rows.ts"
import { dumpHours } from "./dump-database.ts"
import { complaintOf, type DumpSource, passwordLine, postgresArgv } from "./dump-source.ts"
import { fileFull, saysDiskFull } from "./file-digest.ts"
import { type ScratchOwner, withScratchDatabase } from "./scratch-database.ts"

/** What a restored dump is held to. */
export interface Proof extends ScratchOwner {
  /** Rows by table, counted as of the moment of the dump. */
  readonly expected: RowCounts
  /** Tables that have to be there, with any number of rows. */
  readonly gone?: readonly string[]
}

/**
 * Restores a dump into a scratch database beside its source, counts the rows of every table there, and drops it. Tables
 * and rows have to be those that were counted for the dump. Throws `backup/not-proven`, `backup/no-scratch-database`.
 */
export async function proveDump(host: Host, dump: string, proof: Proof): Promise<void> {
  const restored = await withScratchDatabase(host, proof, async (scratch) => {
    await restoreInto(host, dump, scratch)
    await using session = await openDatabase(host, scratch, { statementSeconds: dumpHours * 3600 })
    return await countRows(session)
  })
  const differing = differingTables({ rows: proof.expected, gone: proof.gone ?? [] }, restored)
  if (differing.length === 0) return
  const more = differing.length > 10 ? `, and ${differing.length - 10} more` : ""
  throw notProven(host, dump, proof.source, `restores to something else: ${differing.slice(0, 10).join("; ")}${more}`)
}

/**
 * Restores a dump on the host into an empty database, whole or not at all as far as errors go: the first one ends it.
 * Owners and rights are left out, since roles are not in a dump. Throws `backup/not-proven`.
 */
export async function restoreInto(host: Host, dump: string, target: DumpSource): Promise<void> {
  const argv = postgresArgv(target, {
    session: "matrix-auth-restore",
    argv: ["pg_restore", ...restoreOptions, "--dbname", target.database],
  })
  // The password's line first, then the dump: `exec` has one standard input for both.
  const both: Argv = ["sh", "-c", 'd=$1; shift; { cat; cat -- "$d"; } | "$@"', "sh", dump, ...argv]
  const options = { stdin: passwordLine(target), timeoutSeconds: dumpHours * 3600 }
  const { exitCode, stderr } = await host.exec(both, options)
  if (exitCode === 0) return
  if (saysDiskFull(stderr)) throw fileFull(host, `the restored copy of ${dump}`)
  throw notProven(host, dump, target, `cannot be restored: ${complaintOf(stderr)}`)
}

/** How `pg_restore` is told to, here and in the guide. A subscription that is restored would begin to replicate. */
export const restoreOptions = [
  ...["--exit-on-error", "--no-owner", "--no-privileges", "--no-tablespaces"],
  ...["--no-publications", "--no-subscriptions"],
]

function notProven(host: Host, dump: string, { database }: DumpSource, why: string): Refusal {
  return new Refusal({
    code: "backup/not-proven",
    what: `The dump ${why}`,
    where: { host: host.name, file: dump, database },
    meaning: "It does not count as a backup. Nothing was changed; the server goes on as it was.",
    next: "Run again. Where it stays so, look into the log of the database server, and at its disk.",
  })
}
