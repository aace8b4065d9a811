import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { Refusal } from "../report/refusal.ts"
import { errorNumberOf } from "./file-refusals.ts"
import { statHere } from "./local-files.ts"

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

function notMade(folders: readonly string[]): Refusal {
  return new Refusal({
    code: "host/folder-not-made",
    what: `There is no folder for our locks that is ours alone: neither ${folders.join(" nor ")}`,
    where: { host: "this machine", file: folders[0] ?? "/run" },
    meaning: "Nothing was changed: two runs at once could not be kept apart.",
    next: "See what lies there instead (`ls -ld`), take it away, then run again.",
  })
}
