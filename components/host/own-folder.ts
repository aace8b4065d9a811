import type { BigIntStats } from "node:fs"
import { chmod, mkdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { Refusal } from "../report/refusal.ts"
import { errorNumberOf, refuseWriting } from "./file-refusals.ts"
import { statHere } from "./local-files.ts"
import { demandOwnGround, isTrusted, pathOf, reach } from "./safe-path.ts"

/**
 * A folder that nobody but us can look into (0700), for what need not outlive a restart: locks. The same for each of our
 * runs as this user, whatever its environment says. Throws `host/folder-not-made`.
 */
export async function ownFolder(): Promise<string> {
  const user = process.geteuid?.() ?? 0
  const parents = [user === 0 ? "/run" : `/run/user/${user}`, "/tmp"]
  const folders = parents.map((parent) => join(parent, parent === "/tmp" ? `matrix-auth-${user}` : "matrix-auth"))
  for (const folder of folders) if (await isOurs(folder)) return folder
  throw notMade(folders)
}

async function isOurs(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    if (errorNumberOf(error) !== "EEXIST") return false
  }
  const { uid, mode } = await statHere(folder)
  return uid === BigInt(process.geteuid?.() ?? 0) && (mode & 0o077n) === 0n
}

/** As `Host.makeFolder`. */
export async function makeFolderLocal(path: string): Promise<void> {
  const above: Above[] = []
  try {
    await using spot = await reach(`${path}/.`, {
      makeFolder: (at) => mkdir(at, { mode: 0o700 }),
      onFolder: ({ path: found, facts }) => above.push({ path: found || "/", facts }),
    })
    const { folderFacts: facts } = spot
    demandOwnGround(spot, facts)
    const owners = await ownersOfProgram()
    const foreign = isTrusted(facts.uid) ? above.find((one) => canBeSwapped(one, owners)) : above.at(-1)
    if (foreign !== undefined) throw notOurs(path, foreign)
    if ((facts.mode & 0o077n) !== 0n) await chmod(pathOf(spot.folder), 0o700)
  } catch (cause) {
    throw refuseWriting(cause, { host: "this machine", file: path })
  }
}

interface Above {
  readonly path: string
  readonly facts: BigIntStats
}

/** Whether somebody whom we do not trust can put another folder in the place of one that is in it. Groups count as their members' own. */
function canBeSwapped({ facts: { uid, mode } }: Above, owners: ReadonlySet<bigint>): boolean {
  const isWritableForAll = (mode & 0o002n) !== 0n && (mode & 0o1000n) === 0n
  return isWritableForAll || !(isTrusted(uid) || owners.has(uid))
}

/** Whoever owns the program that runs here can make us do anything, without a trick: a checkout in somebody's home, run by sudo. */
async function ownersOfProgram(): Promise<ReadonlySet<bigint>> {
  const all = [import.meta.filename, process.cwd()]
  return new Set((await Promise.all(all.map((path) => stat(path, { bigint: true })))).map(({ uid }) => uid))
}

function notOurs(file: string, { path, facts: { uid, mode } }: Above): Refusal {
  return new Refusal({
    code: "host/folder-not-ours",
    what: `Others can write ${path} (owner ${uid}, mode ${(mode & 0o7777n).toString(8)}), and so put another folder in the place of ${file}, which has to be ours alone`,
    where: { host: "this machine", file },
    meaning: "Nothing was changed. What we write there, secrets as well, could go to another place than this one.",
    next: "Name a folder in the config that only this user can reach by its names, such as one below /var/lib or /var/backups.",
  })
}

function notMade(folders: readonly string[]): Refusal {
  return new Refusal({
    code: "host/folder-not-made",
    what: `There is no folder for our locks that is ours alone: neither ${folders.join(" nor ")}`,
    where: { host: "this machine", file: folders[0] ?? "/run" },
    meaning: "Nothing was changed: two runs at once could not be kept apart.",
    next: "See what lies there instead (`ls -ld`), take it away, then run again.",
  })
}
