import { posix } from "node:path"
import { dumpDatabase } from "../backup/dump-database.ts"
import type { DumpSource } from "../backup/dump-source.ts"
import type { Host } from "../host/host.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"

/**
 * Dumps a database into a folder on the host (made when missing, 0700) under the time of day, and returns the path. The
 * file is for its owner only and there only when it is whole. Throws what `dumpDatabase` does, and `host/folder-not-made`.
 */
export async function keepDump(host: Host, source: DumpSource, folder: string): Promise<string> {
  const { exitCode, stderr } = await host.exec(["install", "-d", "-m", "700", "--", folder])
  if (exitCode !== 0) throw folderNotMade(host, folder, stderr)
  const file = posix.join(folder, `${new Date().toISOString().replaceAll(":", "-")}.dump`)
  return (await dumpDatabase(host, source, file)).path
}

function folderNotMade(host: Host, file: string, stderr: string): Refusal {
  return new Refusal({
    code: "host/folder-not-made",
    what: `The folder for a dump of MAS's database could not be made: ${quoted(stderr.trim())}`,
    where: { host: host.name, file },
    meaning: "Nothing was given up: MAS's database is as it was, and Synapse goes on serving.",
    next: "Make the folder, then `pulumi up`.",
  })
}
