import { posix } from "node:path"
import type { Host } from "../host/host.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"
import type { WrittenFile } from "./dump-database.ts"
import { digestOf, fileFull, saysDiskFull } from "./file-digest.ts"

/** What goes into an archive. */
export interface Archived {
  /** Files and folders on the host, absolute. */
  readonly paths: readonly string[]
  /** Files whose bytes in the archive are compared with what is there now. */
  readonly compared?: readonly string[]
}

/** Media of years. */
const archiveHours = 12
/** GNU tar's word for: something was written to while it was read. */
const changedMeanwhile = 1

/**
 * Puts files into a tar on the host, 0600, by their absolute paths without the first slash, owner and mode kept: unpack
 * it with `tar -xpf FILE -C /`. A file of two names is in it twice, so that each can be unpacked alone. Every path is looked for in it again. Throws `backup/archive-failed`, `host/disk-full`.
 */
export async function archiveFiles(host: Host, to: string, { paths, compared = [] }: Archived): Promise<WrittenFile> {
  const names = paths.map((path) => path.replace(/^\/+/, ""))
  // From standard input, since thousands of names are too long for a command line.
  const options = {
    stdin: names.map((name) => `${name}\n`).join(""),
    stdoutFile: to,
    timeoutSeconds: archiveHours * 3600,
  }
  try {
    const { exitCode, stderr } = await host.exec(
      ["tar", "-c", "--hard-dereference", "-f", "-", "-C", "/", "-T", "-"],
      options,
    )
    if (saysDiskFull(stderr)) throw fileFull(host, to)
    if (exitCode > changedMeanwhile) throw failed(host, to, `tar ended with exit code ${exitCode}: ${lastOf(stderr)}`)
    await demandNames(host, to, names)
    for (const path of compared) await demandSame(host, to, path)
    return await digestOf(host, to)
  } catch (error) {
    await host.remove(to)
    throw error
  }
}

async function demandNames(host: Host, archive: string, names: readonly string[]): Promise<void> {
  const { exitCode, stdout } = await host.exec(["tar", "-t", "-f", archive], { timeoutSeconds: archiveHours * 3600 })
  const there = new Set(stdout.split("\n").map((name) => name.replace(/\/$/, "")))
  const [missing] = names.filter((name) => !there.has(name.replace(/\/$/, "")) && /^[ -~]*$/.test(name))
  if (exitCode !== 0) throw failed(host, archive, "tar cannot read what it wrote")
  if (missing !== undefined) throw failed(host, archive, `/${missing} is not in it`)
}

async function demandSame(host: Host, archive: string, path: string): Promise<void> {
  const script = 'a=$(tar -x -O -f "$1" -- "$2" | sha256sum) && [ "$a" = "$(sha256sum <"$3")" ]'
  // A link is kept as a link; what it leads to is there by its own name.
  const real = (await host.exec(["readlink", "-f", "--", path])).stdout.replace(/\n$/, "")
  const { exitCode } = await host.exec(["sh", "-c", script, "sh", archive, real.replace(/^\/+/, ""), real])
  if (exitCode !== 0) throw failed(host, archive, `${path} changed while it was read`)
}

function lastOf(stderr: string): string {
  return quoted(stderr.trim()).split("\n").at(-1) ?? ""
}

function failed(host: Host, archive: string, why: string): Refusal {
  return new Refusal({
    code: "backup/archive-failed",
    what: `The archive ${posix.basename(archive)} could not be made: ${why}`,
    where: { host: host.name, file: archive },
    meaning: "There is no new backup. Nothing was changed; the server goes on as it was.",
    next: "Mend what it names, then run again.",
  })
}
