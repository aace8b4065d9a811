import { posix } from "node:path"
import { openDatabase } from "../host/database.ts"
import type { Host } from "../host/host.ts"
import { Refusal } from "../report/refusal.ts"
import { countSnapshot, type RowCounts } from "./count-rows.ts"
import { complaintOf, type DumpSource, moveInPlace, passwordLine, postgresArgv } from "./dump-source.ts"
import { digestOf, fileFull, saysDiskFull } from "./file-digest.ts"

/** A file on the host, as it was when it was whole. */
export interface WrittenFile {
  /** Absolute path on the host. */
  readonly path: string
  readonly bytes: number
  /** In hexadecimal. */
  readonly sha256: string
}

/** A dump, and what the database held at the very moment that the dump shows. */
export interface CountedDump {
  readonly file: WrittenFile
  /** As the server says it, such as `15.14`. */
  readonly serverVersion: string
  /** What a database that is to take it has to be made with. */
  readonly locale: Locale
  readonly rows: RowCounts
  /** Tables that are in the dump, and that nobody could count as of its moment any more. */
  readonly gone: readonly string[]
}

interface Locale {
  readonly encoding: string
  readonly collate: string
  readonly ctype: string
}

/** Long: hours are no reason to give up on a dump that goes on. */
export const dumpHours = 12

/** What a dump's session is called in `pg_stat_activity`. */
const dumpSession = "matrix-auth-dump"

/** Where a dump is while it is not whole. */
export function partOf(dump: string): string {
  return posix.join(posix.dirname(dump), `.${posix.basename(dump)}.part`)
}

/**
 * `pg_dump -Fc` of one database into a file on the host, for its owner only (0600), which is there under its name only
 * when it is whole. Goes through streams, and waits no longer than five minutes for a lock that somebody else holds.
 *
 * Throws `backup/dump-failed`, `host/disk-full`, `host/program-missing`; nothing lies there then.
 */
export async function dumpDatabase(
  host: Host,
  source: DumpSource,
  to: string,
  { snapshot }: { readonly snapshot?: string } = {},
): Promise<WrittenFile> {
  const part = partOf(to)
  const moment = snapshot === undefined ? [] : ["--snapshot", snapshot]
  const argv = postgresArgv(source, {
    session: dumpSession,
    argv: ["pg_dump", "--format=custom", "--lock-wait-timeout=300s", ...moment, "--dbname", source.database],
  })
  try {
    const options = { stdin: passwordLine(source), stdoutFile: part, timeoutSeconds: dumpHours * 3600 }
    const { exitCode, stderr } = await host.exec(argv, options)
    if (exitCode !== 0) throw dumpFailed(host, source, to, stderr)
    const written = await digestOf(host, part)
    await moveInPlace(host, part, to)
    return { ...written, path: to }
  } catch (error) {
    await host.remove(part)
    throw error
  }
}

/**
 * As {@link dumpDatabase}, and counts the rows of every table as of the same moment (an exported snapshot), so that a
 * restored dump can be held to it exactly, however busy the server is. A table that goes away before `pg_dump` holds on to it
 * makes the moment useless: then another one is taken.
 */
export async function dumpAndCount(host: Host, source: DumpSource, to: string): Promise<CountedDump> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await dumpOneMoment(host, source, to)
    } catch (error) {
      if (attempt === mostMoments || !hasMomentPassed(error)) throw error
    }
  }
}

/** Somebody who drops a table in each of them does something else than a service does. */
const mostMoments = 5

function hasMomentPassed(error: unknown): boolean {
  if (!(error instanceof Refusal)) return false
  if (error.code === "database/table-missing") return true
  return /does not exist|cache lookup failed|deadlock detected/.test(error.what)
}

async function dumpOneMoment(host: Host, source: DumpSource, to: string): Promise<CountedDump> {
  await using session = await openDatabase(host, source, { statementSeconds: dumpHours * 3600 })
  // Between two statements of ours lies the dump.
  await session.execute("SET idle_in_transaction_session_timeout = 0")
  // Awaited here: the session ends with this function.
  return await session.transaction(async () => {
    const { snapshot, version, ...locale } = await session.row<{ snapshot: string; version: string } & Locale>(
      aboutDump,
    )
    const file = await dumpDatabase(host, source, to, { snapshot })
    return { file, serverVersion: version, locale, ...(await countSnapshot(session)) }
  })
}

const aboutDump = `
  SELECT pg_export_snapshot() AS snapshot, split_part(current_setting('server_version'), ' ', 1) AS version,
    pg_encoding_to_char(encoding) AS encoding, datcollate AS collate, datctype AS ctype
  FROM pg_database WHERE datname = current_database()`

/**
 * Ends dumps of this database whose run was killed: inside its container a program outlives who asked for it, and its
 * locks would be in a migration's way. Not while one is at work. Says how many.
 */
export async function endLeftoverDumps(host: Host, source: DumpSource): Promise<number> {
  await using session = await openDatabase(host, source, { writable: true })
  const ended = await session.rows(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = $1 AND datname = current_database() AND usename = current_user`,
    [dumpSession],
  )
  return ended.length
}

function dumpFailed(host: Host, source: DumpSource, to: string, stderr: string): Refusal {
  if (saysDiskFull(stderr)) return fileFull(host, to)
  return new Refusal({
    code: "backup/dump-failed",
    what: `pg_dump of ${source.database} failed: ${complaintOf(stderr)}`,
    where: { host: host.name, database: source.database },
    meaning: "There is no new backup. Nothing was changed; the server goes on as it was.",
    next: "Mend what pg_dump names. Where its version does not fit the server, say in the config where one does (`backup.programs`).",
  })
}
