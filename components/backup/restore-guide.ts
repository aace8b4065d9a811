import { posix } from "node:path"
import { containerOf, engineOf, type ServiceAddress } from "../host/service-address.ts"
import type { BackupPlaces } from "./backup-places.ts"
import { type DumpSource, programsOf } from "./dump-source.ts"
import type { BackupManifest } from "./manifest.ts"
import { type Side, sides } from "./manifest.ts"
import { restoreOptions } from "./prove-dump.ts"

/** Name of the guide within a backup's folder. */
export const guideName = "restore.txt"

/** Name of the archive of what people have sent. */
export const mediaName = "media.tar"

/** Name of the list of digests, as `sha256sum -c` takes it. */
export const digestsName = "SHA256SUMS"

interface Restored extends Pick<BackupManifest, "id" | "takenAt" | "databases" | "files"> {
  /** Folders that are in the archive of the files by themselves. */
  readonly folders: readonly string[]
}

const unpack = ["tar", "--numeric-owner", "-xpf", "files.tar", "-C", "/"]

const names = { synapse: "Synapse", mas: "MAS" } as const

/**
 * How to put this very backup back by hand, with nothing of ours installed: which containers, roles and databases is known
 * now, and may not be known in the night when it is needed. What is to be typed is indented by four blanks.
 */
export function restoreGuide(places: BackupPlaces, backup: Restored, real: ReadonlyMap<string, string>): string {
  const { folder, services } = places
  const lines = [
    `To put this backup back by hand. It is of ${backup.takenAt}; what was written since then is lost with it, messages too.`,
    "",
    "You rarely need it: the way back to Synapse's own log-in (authentication: legacy, `pulumi up`) restores no database.",
    "",
    "1. On the server, in this backup's folder. The last line has to say OK for each file:",
    "",
    command(["cd", posix.join(folder, backup.id)]),
    command(["sha256sum", "-c", digestsName]),
    "",
    "2. Stop what writes:",
    "",
    ...sides.map((side) => serviceCommand(services[side].service, "stop")),
    "",
    ...sides.flatMap((side, index) => restoring(places, backup, { side, step: 3 + index })),
    "5. The files, if they are lost or damaged: all of them, with owner and mode, or one. Those of now are overwritten. With a",
    "file come the folders above it that others may write, so that no link which somebody has put there is followed.",
    "",
    command(["tar", "-tvf", "files.tar"]),
    ...sides.map((side) => command([...unpack, "--no-recursion", ...entriesOf(services[side].config, backup, real)])),
    command(unpack),
    ...(backup.files.some(({ name }) => name === mediaName)
      ? ["", "And what people have sent:", "", command(["tar", "--numeric-owner", "-xpf", mediaName, "-C", "/"])]
      : []),
    "",
    "6. Start again, MAS first:",
    "",
    ...sides.toReversed().map((side) => serviceCommand(services[side].service, "start")),
    "",
    "Rights that other roles had in the databases (a metrics exporter's) are given again by hand. When all is well, the old",
    `databases can go: dropdb ${sides.map((side) => asideName(backup, side)).join(", dropdb ")}.`,
  ]
  return `${lines.join("\n")}\n`
}

/** Into a new database, whole or not at all; the old one steps aside and stays. */
function restoring(places: BackupPlaces, backup: Restored, { side, step }: { side: Side; step: number }): string[] {
  const source = places.databases[side]
  const { database, locale } = backup.databases[side]
  const fresh = `${database}_restored`
  const aside = asideName(backup, side)
  const make = ["--template=template0", `--encoding=${locale.encoding}`, `--lc-collate=${locale.collate}`]
  const rename = (from: string, to: string) =>
    byHand(source, "psql", ["-d", "postgres", "-c", `ALTER DATABASE ${quoted(from)} RENAME TO ${quoted(to)}`])
  return [
    `${step}. ${names[side]}'s database: into a new one, then into the place of the old one, which stays as ${aside}:`,
    "",
    byHand(source, "createdb", [...make, `--lc-ctype=${locale.ctype}`, fresh]),
    `${byHand(source, "pg_restore", [...restoreOptions, "-d", fresh])} < ${side}.dump`,
    rename(database, aside),
    rename(fresh, database),
    "",
  ]
}

/** By the socket of its container, where the official image trusts whoever got that far; else by TCP, with a password. */
function byHand(source: DumpSource, program: string, words: readonly string[]): string {
  const { address, user } = source
  const server = "host" in address ? ["-h", address.host] : []
  const port = address.port === undefined || address.port === 5432 ? [] : ["-p", String(address.port)]
  return command([...programsOf(source), program, ...server, ...port, "-U", user, ...words])
}

function serviceCommand(service: ServiceAddress, verb: "start" | "stop"): string {
  return command(service.commands?.[verb] ?? [...engineOf(service), verb, containerOf(service)])
}

function asideName({ id, databases }: Restored, side: Side): string {
  return `${databases[side].database}_before_${id.slice(0, 8)}`
}

function command(words: readonly string[]): string {
  return `    ${words.map(forShell).join(" ")}`
}

/** As a POSIX shell reads it back. */
function forShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The archive has a file by its real path, and the links that lead there by theirs. */
function entriesOf(config: string, { folders }: Restored, real: ReadonlyMap<string, string>): readonly string[] {
  const path = real.get(config) ?? config
  const above = folders.filter((folder) => path.startsWith(`${folder}/`))
  return [...above, path].map((one) => one.replace(/^\/+/, ""))
}
