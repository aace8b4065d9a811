import { posix } from "node:path"
import type { Argv, Host } from "../host/host.ts"
import type { BackupPlaces } from "./backup-places.ts"
import { demand } from "./backups.ts"
import { sides } from "./manifest.ts"
import { type NamedFiles, readNamedFiles } from "./named-files.ts"

/** What goes into a backup besides the databases. Absolute paths on the host, sorted, each once. */
export interface SmallFiles {
  readonly files: readonly string[]
  /** Those that have to be byte for byte what is there now. */
  readonly essential: readonly string[]
  readonly bytes: number
  /** Folders of media, if they are to be in it. */
  readonly media: readonly string[]
  /** What was left out, for people: a line each. */
  readonly notes: readonly string[]
}

interface Found {
  readonly path: string
  readonly bytes: number
}

/** A larger one beside a config is data of something else. */
const largestMiB = 10
/** Beyond that it is not a service's folder with a config in it, but a disk. */
const most = { files: 20_000, bytes: 512 * 1024 * 1024 }

/**
 * Finds the small files of both services: those that their configs name, what lies in the folders of the configs, and
 * what we keep for the way back.
 * Left out are media, logs, caches, the data of a Postgres, and what is larger than 10 MiB.
 */
export async function findSmallFiles(host: Host, places: BackupPlaces): Promise<SmallFiles> {
  const { services, folder, stateFolder, rules } = places
  const named = await Promise.all(sides.map((side) => readNamedFiles(host, services[side])))
  const configFolders = sides.map((side) => posix.dirname(services[side].config))
  const of = (kind: keyof NamedFiles) => named.flatMap((one) => one[kind])
  const pruned = [...of("media"), folder]
  const wanted = await findIn(host, [...of("essential"), ...of("named"), ...rules.include], pruned)
  const kept = (await findIn(host, [stateFolder], pruned)).filter(({ path }) => path.endsWith(".kept.json"))
  const around = await findIn(host, configFolders, pruned)
  const isTooMuch = around.length > most.files || sumOf(around) > most.bytes
  const leftOut = new Set(of("leftOut"))
  const chosen = [...wanted, ...kept, ...(isTooMuch ? [] : around)].filter(({ path }) => !leftOut.has(path))
  const byPath = new Map(chosen.map((found) => [found.path, found]))
  return {
    files: [...byPath.keys()].sort(),
    essential: [...new Set(of("essential"))],
    bytes: sumOf([...byPath.values()]),
    media: rules.media ? [...new Set(of("media"))] : [],
    notes: isTooMuch
      ? [`${configFolders.join(" and ")} hold too much to be all of it config: only what the configs name is backed up`]
      : [],
  }
}

/** Paths that are no file and no folder find nothing. Of a symbolic link, it and what it leads to. */
async function findIn(host: Host, roots: readonly string[], pruned: readonly string[]): Promise<readonly Found[]> {
  if (roots.length === 0) return []
  const there = await withTargets(host, [...new Set(roots)])
  if (there.length === 0) return []
  const pruning = [
    ...pruned.flatMap((path) => ["-path", path.replace(/[\\*?[]/g, "\\$&"), "-o"]),
    ...["media_store", "cache", ".cache", ".git", "node_modules"].flatMap((name) => ["-name", name, "-o"]),
  ].slice(0, -1)
  const argv: Argv = [
    "find",
    ...[...there, "-xdev", "-type", "d", "(", ...pruning, ")", "-prune", "-o"],
    ...["(", "-type", "f", "-o", "-type", "l", ")", "-size", `-${largestMiB * 2048}`],
    ...["!", "-name", "*.log", "!", "-name", "*.log.*", "!", "-name", "*.pid"],
    // One name a line is how it is told and handed over to tar.
    ...["!", "-name", "*\n*", "!", "-name", "*\\\\*", "-exec", "stat", "-c", "%s %n", "{}", "+"],
  ]
  // What goes away while it looks is none of it.
  const { stdout } = await host.exec(argv, { timeoutSeconds: 600 })
  const found = stdout.split("\n").flatMap((line) => {
    const [, bytes, path] = /^(\d+) (\/.*)$/.exec(line) ?? []
    return path === undefined ? [] : [{ path, bytes: Number(bytes) }]
  })
  return withoutPostgres(found)
}

async function withTargets(host: Host, paths: readonly string[]): Promise<readonly string[]> {
  const script = 'for p; do [ -e "$p" ] || continue; printf "%s\\n" "$p"; readlink -f -- "$p"; done'
  const stdout = await demand(host, ["sh", "-c", script, "sh", ...paths], paths[0] ?? "/")
  return [...new Set(stdout.split("\n").filter(Boolean))]
}

/** Thousands of small files, none of which is of use without the others: its rows are in the dump. */
function withoutPostgres(found: readonly Found[]): readonly Found[] {
  const clusters = found
    .filter(({ path }) => posix.basename(path) === "PG_VERSION")
    .map(({ path }) => posix.dirname(path))
  return found.filter(({ path }) => !clusters.some((cluster) => path.startsWith(`${cluster}/`)))
}

function sumOf(found: readonly Found[]): number {
  return found.reduce((sum, { bytes }) => sum + bytes, 0)
}
