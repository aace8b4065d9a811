import type { Host } from "../host/host.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"
import type { WrittenFile } from "./dump-database.ts"

/** Hundreds of gigabytes take a while to read. */
const digestHours = 6

/** Size and digest of a file, worked out on the host: none of it comes here. Throws `host/file-missing`. */
export async function digestOf(host: Host, path: string): Promise<WrittenFile> {
  const { size: bytes } = await host.stat(path)
  // By standard input: a name with a line break or a backslash would change how it prints.
  const options = { stdinFile: path, timeoutSeconds: digestHours * 3600 }
  const { exitCode, stdout, stderr } = await host.exec(["sha256sum"], options)
  const sha256 = /^[0-9a-f]{64}/.exec(stdout)?.[0]
  if (exitCode === 0 && sha256 !== undefined) return { path, bytes, sha256 }
  throw new Refusal({
    code: "host/command-failed",
    what: `sha256sum ended with exit code ${exitCode}: ${quoted(stderr.trim())}`,
    where: { host: host.name, file: path },
    meaning: "What the file holds is not known, so it does not count as a backup.",
    next: "Look at the disk that it is on, then run again.",
  })
}

/** Whether a program failed for want of room, in the words of the C library. */
export function saysDiskFull(stderr: string): boolean {
  return /no space left on device|disk quota exceeded|file too large/i.test(stderr)
}

/** What the host's own writing says as well. */
export function fileFull(host: Host, path: string): Refusal {
  return new Refusal({
    code: "host/disk-full",
    what: `There is no room to write ${path}`,
    where: { host: host.name, file: path },
    meaning: "There is no new backup; what was begun of it is removed. The server goes on as it was.",
    next: "Free some space on that disk (`df -h`, `df -i`, quotas), then run again.",
  })
}
