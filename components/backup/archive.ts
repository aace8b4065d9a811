import { posix } from "node:path"
import type { Host, Packed, Packing } from "../host/host.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"
import type { WrittenFile } from "./dump-database.ts"
import { digestOf } from "./file-digest.ts"

/** What goes into an archive. */
export interface Archived extends Packing {
  /** Files whose bytes in the archive are compared with what is there now. */
  readonly compared?: readonly string[]
}

/** An archive, and what it holds besides, or does not. */
export interface Archive extends Packed {
  readonly file: WrittenFile
}

/** Media of years. */
const archiveHours = 12

/**
 * Puts files into a tar on the host, 0600, as `Host.pack` does: unpack it with `tar -xpf FILE -C /`. A file of two names is in
 * it twice, so that each can be unpacked alone. Every path is looked for in it by the host's own tar. Throws
 * `backup/archive-failed`, `host/disk-full`, and `host/file-not-plain` for one of `compared` that others can have planted.
 */
export async function archiveFiles(host: Host, to: string, { compared = [], ...packing }: Archived): Promise<Archive> {
  try {
    const packed = await host.pack(to, packing).catch((error) => {
      throw error instanceof Refusal && /^host\/file-(missing|not-readable)$/.test(error.code)
        ? failed(host, to, error.what)
        : error
    })
    const refused = packed.leftOut.find(({ path }) => compared.includes(path))
    if (refused !== undefined) throw refused.why
    const leftOut = new Set(packed.leftOut.map(({ path }) => path))
    await demandNames(
      host,
      to,
      packing.paths.filter((path) => !leftOut.has(path)),
    )
    for (const path of compared) await demandSame(host, to, path)
    return { ...packed, file: await digestOf(host, to) }
  } catch (error) {
    await host.remove(to)
    throw error
  }
}

async function demandNames(host: Host, archive: string, paths: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await host.exec(["tar", "-t", "-f", archive], {
    timeoutSeconds: archiveHours * 3600,
  })
  const there = new Set(stdout.split("\n").map((name) => name.replace(/\/$/, "")))
  const missing = paths.find((path) => !there.has(path.replace(/^\/+|\/$/g, "")) && /^[ -~]*$/.test(path))
  if (exitCode !== 0)
    throw failed(host, archive, `tar cannot read it again: ${quoted(stderr.trim()).split("\n").at(-1)}`)
  if (missing !== undefined) throw failed(host, archive, `${missing} is not in it`)
}

/** Read by the program that will unpack it in the night when that is needed. */
async function demandSame(host: Host, archive: string, path: string): Promise<void> {
  // A link is kept as a link; what it leads to is there by its own name.
  const real = await host.realPath(path)
  const script = 'tar -x -O -f "$1" -- "$2" | sha256sum'
  const { stdout } = await host.exec(["sh", "-c", script, "sh", archive, real.replace(/^\/+/, "")])
  if (!stdout.startsWith((await digestOf(host, real)).sha256))
    throw failed(host, archive, `${path} changed while it was read`)
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
