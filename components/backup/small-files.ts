import { posix } from "node:path"
import type { Argv, Host } from "../host/host.ts"
import type { Refusal } from "../report/refusal.ts"
import type { BackupPlaces } from "./backup-places.ts"
import { sides } from "./manifest.ts"
import { type NamedFiles, readNamedFiles } from "./named-files.ts"
import { realPathsOf } from "./real-paths.ts"

/** What goes into a backup besides the databases. Absolute paths on the host, sorted, each once. */
export interface SmallFiles {
  readonly files: readonly string[]
  /** Those that have to be byte for byte what is there now. */
  readonly essential: readonly string[]
  readonly bytes: number
  /** Folders of media, which have to be there with owner and mode even where what is in them is not. */
  readonly folders: readonly string[]
  /** Folders of media, if they are to be in it. */
  readonly media: readonly string[]
  /** What was left out, for people: a line each. */
  readonly notes: readonly string[]
}

interface Found {
  readonly path: string
  readonly bytes: number
  readonly isLink: boolean
}

/** A larger one beside a config is data of something else. */
const largestMiB = 10
export const largestBytes = largestMiB * 1024 * 1024
/** Beyond that it is not a service's folder with a config in it, but a disk. */
const most = { files: 20_000, bytes: 512 * 1024 * 1024 }
/** As many as a command line holds. */
const mostLinks = 1_000

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
  const asked = [...of("essential"), ...of("named"), ...rules.include]
  const own = await realPathsOf(host, [...asked, ...configFolders, stateFolder])
  const others = await realPathsOf(host, [...of("media"), ...of("leftOut"), folder])
  const ours = [...of("essential"), ...rules.include].flatMap((path) => own.refused.get(path) ?? [])[0]
  if (ours !== undefined) throw ours
  const at = (paths: readonly string[]) => [
    ...new Set(paths.flatMap((path) => own.real.get(path) ?? others.real.get(path) ?? [])),
  ]
  const pruned = at([...of("media"), folder])
  const wanted = await findIn(host, at(asked), { pruned })
  const kept = (await findIn(host, at([stateFolder]), { pruned })).filter(({ path }) => path.endsWith(".kept.json"))
  const around = await findIn(host, at(configFolders), { pruned })
  const isTooMuch = around.length > most.files || sumOf(around) > most.bytes
  const leftOut = new Set(at(of("leftOut")))
  const found = [...wanted, ...kept, ...(isTooMuch ? [] : around)].filter(({ path }) => !leftOut.has(path))
  const links = own.links.map((path) => ({ path, bytes: 0, isLink: true }))
  const behind = await behindLinks(host, found, pruned)
  const chosen = [...found, ...links, ...behind.found]
  const byPath = new Map(chosen.map((one) => [one.path, one]))
  return {
    files: [...byPath.keys()].sort(),
    essential: at(of("essential")),
    bytes: sumOf([...byPath.values()]),
    folders: at(of("media")),
    media: rules.media ? at(of("media")) : [],
    notes: [
      ...(isTooMuch
        ? [
            `${configFolders.join(" and ")} hold too much to be all of it config: only what the configs name is backed up`,
          ]
        : []),
      ...[...own.refused, ...others.refused, ...behind.refused].map(([path, why]) => leftOutNote(path, why)),
    ],
  }
}

/** What others can have planted is not in a backup, and that is said. */
export function leftOutNote(path: string, { what }: Refusal): string {
  return `${path} is not in the backup: ${what}. If it is meant to be, name what it leads to in \`backup.include\``
}

/** What lies there, of which no two have the same real path. Roots are real paths; a file among them is there whatever its name. */
async function findIn(
  host: Host,
  roots: readonly string[],
  { pruned, depth }: { readonly pruned: readonly string[]; readonly depth?: number },
): Promise<readonly Found[]> {
  if (roots.length === 0) return []
  const itself = (path: string) => ["-path", path.replace(/[\\*?[]/g, "\\$&")]
  const pruning = [
    ...pruned.flatMap((path) => [...itself(path), "-o"]),
    ...["media_store", "cache", ".cache", ".git", "node_modules"].flatMap((name) => ["-name", name, "-o"]),
  ].slice(0, -1)
  const argv: Argv = [
    "find",
    ...[...roots, ...(depth === undefined ? [] : ["-maxdepth", String(depth)])],
    ...["-xdev", "-type", "d", "(", ...pruning, ")", "-prune", "-o"],
    ...["(", "-type", "f", "-o", "-type", "l", ")", "-size", `-${largestMiB * 2048}`],
    // Logs, also rotated ones: not `homeserver.log.config`, which is where Synapse's log is set up.
    ...[
      "(",
      "!",
      "(",
      "-name",
      "*.log",
      "-o",
      "-name",
      "*.log.[0-9]*",
      "-o",
      "-name",
      "*.log.gz",
      "-o",
      "-name",
      "*.pid",
      ")",
    ],
    ...[...roots.flatMap((root) => ["-o", ...itself(root)]), ")"],
    // One name a line is how it is told and handed over to tar.
    ...["!", "-name", "*\n*", "!", "-name", "*\\\\*", "-exec", "stat", "-c", "%s %f %n", "{}", "+"],
  ]
  // What goes away while it looks is none of it.
  const { stdout } = await host.exec(argv, { timeoutSeconds: 600 })
  const found = stdout.split("\n").flatMap((line) => {
    const [, bytes, mode = "", path] = /^(\d+) ([0-9a-f]+) (\/.*)$/.exec(line) ?? []
    return path === undefined ? [] : [{ path, bytes: Number(bytes), isLink: isLink(mode) }]
  })
  return withoutPostgres(found)
}

function isLink(mode: string): boolean {
  return (Number.parseInt(mode, 16) & 0o170000) === 0o120000
}

/** Files that links among them lead to, wherever they are: a certificate, a secret. Folders are too much for that. */
async function behindLinks(host: Host, found: readonly Found[], pruned: readonly string[]) {
  const followed = found.filter(({ isLink }) => isLink).slice(0, mostLinks)
  const { real, links, refused } = await realPathsOf(
    host,
    followed.map(({ path }) => path),
  )
  const files = await findIn(host, [...new Set(real.values())], { pruned, depth: 0 })
  return { found: [...files, ...links.map((path) => ({ path, bytes: 0, isLink: true }))], refused }
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
