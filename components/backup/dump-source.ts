import type { DatabaseAddress } from "../host/database.ts"
import type { Argv, Host } from "../host/host.ts"
import { quoted } from "../report/quoted.ts"

/** A database to be dumped: how it is reached, and where a `pg_dump` is that fits it. */
export interface DumpSource extends DatabaseAddress {
  /**
   * What `sh` with `pg_dump` and `pg_restore` stands behind, standard input included. Default: in the database's own
   * container; for one without, the host's own. @example ["podman", "exec", "-i", "postgres"]
   */
  readonly programs?: Argv
}

/** A program of Postgres and its words, without those that say which server and who asks. */
export interface PostgresProgram {
  readonly argv: Argv
  /** How its session is called, so that it can be found and ended. */
  readonly session: string
}

/** Reads the password's line from standard input, byte by byte; what comes after it is left for the program. */
const withPassword = 'IFS= read -r PGPASSWORD; export PGPASSWORD PGAPPNAME="$1"; shift; exec "$@"'

/**
 * The whole argv, to be run on the host. Its standard input begins with {@link passwordLine}, since arguments and
 * environments are for everybody to see.
 */
export function postgresArgv(source: DumpSource, { argv: [program, ...words], session }: PostgresProgram): Argv {
  const port = source.address.port ?? 5432
  // Inside its container a server listens on the loopback; the services' own way there may be by another name.
  const hostname = "host" in source.address ? source.address.host : "127.0.0.1"
  const server = ["--host", hostname, "--port", String(port), "--username", source.user, "--no-password"]
  const [first, ...rest] = [
    ...programsOf(source),
    "sh",
    "-c",
    withPassword,
    "sh",
    session,
    program,
    ...server,
    ...words,
  ]
  return [first ?? "sh", ...rest]
}

/** What the programs of {@link postgresArgv} read first. */
export function passwordLine(source: DumpSource): string {
  return `${source.password ?? ""}\n`
}

/** What a program of Postgres complains about, without what the server quotes from rows: there are tokens in them. */
export function complaintOf(stderr: string): string {
  const lines = quoted(stderr)
    .split("\n")
    .filter((line) => line.trim() !== "")
  const first = lines.find((line) => /error:|FATAL|ERROR/.test(line)) ?? lines[0] ?? "it said nothing"
  return first.replace(/(invalid [^:]*): ".*$/, "$1").slice(0, 300)
}

/** Hands over to `mv` once the disk has it. */
export async function moveInPlace(host: Host, from: string, to: string): Promise<void> {
  const { exitCode, stderr } = await host.exec(["sh", "-c", 'sync -- "$1" && mv -- "$1" "$2"', "sh", from, to])
  if (exitCode !== 0) throw new Error(`${from} could not be put in place: ${quoted(stderr.trim())}`)
}

/** What any program stands behind to be run where the server's own programs are. */
export function programsOf({ address, programs }: DumpSource): readonly string[] {
  if (programs !== undefined || "host" in address) return programs ?? []
  return [...(address.engine ?? ["docker"]), "exec", "--interactive", address.container]
}
