import { posix } from "node:path"
import { openDatabase } from "../host/database.ts"
import type { Argv, Host } from "../host/host.ts"
import { Refusal } from "../report/refusal.ts"
import { formatSize } from "../report/sizes.ts"
import { type DumpSource, programsOf } from "./dump-source.ts"

/** Room that something will take somewhere. */
export interface Need {
  /** For people: what takes it. @example "the dumps" */
  readonly what: string
  /** Where it is looked up. */
  readonly disk: Disk
  readonly bytes: number
}

/** A file system, as `df` has it. */
export interface Disk {
  /** Whose: `this machine`, a host. */
  readonly host: string
  readonly path: string
  /** As `df` names it. Two of one name on one host are one, if it is a device. */
  readonly device: string
  /** To us, in bytes. */
  readonly available: number
}

/** What others write meanwhile, and what an estimate is off. */
const margin = { factor: 1.1, bytes: 32 * 1024 * 1024 }

/** Throws one `host/disk-full` that says for each disk that is too small how much is needed and how much is there. */
export function demandRoom(needs: readonly Need[]): void {
  const disks = Map.groupBy(needs, ({ disk }) => keyOf(disk))
  const short = [...disks.values()].flatMap((together) => {
    const [first] = together
    const needed = together.reduce((sum, { bytes }) => sum + bytes, 0) * margin.factor + margin.bytes
    return first && needed > first.disk.available ? [{ disk: first.disk, needed, together }] : []
  })
  const [worst] = short
  if (worst === undefined) return
  const lines = short.map(({ disk, needed, together }) => {
    const forWhat = together.map(({ what, bytes }) => `${what} ${formatSize(bytes)}`).join(", ")
    return `${disk.host}, ${disk.path}: ${formatSize(Math.ceil(needed))} needed (${forWhat}, and some to spare), ${formatSize(disk.available)} there`
  })
  throw new Refusal({
    code: "host/disk-full",
    what: `There is no room for a backup. ${lines.join("; ")}`,
    where: { host: worst.disk.host, file: worst.disk.path },
    meaning: "Nothing was written and nothing was changed; the server goes on as it was.",
    next: "Free some space there (`df -h`), keep fewer backups (`backup.keep`), or name another folder (`backup.folder`, `backup.copyTo`).",
  })
}

/** The disk that a path is on, or will be once its folders are made. */
export async function diskAt(host: Host, path: string): Promise<Disk> {
  const climb = 'p=$1; while [ ! -e "$p" ]; do p=$(dirname -- "$p"); done; exec df -P -k -- "$p"'
  const disk = await ask(host, ["sh", "-c", climb, "sh", path], path)
  if (disk !== undefined) return disk
  throw new Refusal({
    code: "backup/folder-unusable",
    what: "How much room there is cannot be told: df fails",
    where: { host: host.name, file: path },
    meaning: "There is no new backup. Nothing was changed; the server goes on as it was.",
    next: "See that `df -P -k` works there, then run again.",
  })
}

/**
 * The disk that the database server keeps its data on; `undefined` where it may not be asked or cannot be seen from where
 * its programs run.
 */
export async function diskOfCluster(host: Host, source: DumpSource): Promise<Disk | undefined> {
  await using session = await openDatabase(host, source)
  const path = await session
    .row<{ path: string }>("SELECT current_setting('data_directory') AS path")
    .then(({ path: found }) => found)
    .catch(() => "/var/lib/postgresql")
  const isHere = "container" in source.address || ["127.0.0.1", "::1", "localhost"].includes(source.address.host)
  const [first = "df", ...rest] = [...programsOf(source), "df", "-P", "-k", "--", path]
  return isHere ? ask(host, [first, ...rest], posix.normalize(path)) : undefined
}

async function ask(host: Host, argv: Argv, path: string): Promise<Disk | undefined> {
  const { exitCode, stdout } = await host.exec(argv)
  const line = stdout.trim().split("\n").at(-1) ?? ""
  const [, device, available] = /^(.*?)\s+\d+\s+\d+\s+(\d+)\s+\d+%\s/.exec(line) ?? []
  if (exitCode !== 0 || device === undefined) return undefined
  return { host: host.name, path, device, available: Number(available) * 1024 }
}

/** A tmpfs and an overlay have the same name everywhere, and are not one. */
function keyOf({ host, path, device }: Disk): string {
  return device.startsWith("/dev/") ? `${host} ${device}` : `${host} ${device} ${path}`
}
