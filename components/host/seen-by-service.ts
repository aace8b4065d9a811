import type { Host } from "./host.ts"
import type { Inspection } from "./inspection.ts"
import { containerPathOf } from "./mounted-paths.ts"

/**
 * Whether the running process of a container sees this very file (device and inode) where its mounts have it, or still another
 * one: the old text of a file that is mounted by itself and was replaced since. `undefined` where that cannot be told: it does
 * not run, or not on this machine, or nobody but root may look. Reads no text.
 *
 * By /proc/PID/root (proc_pid_root(5)) and not by `docker cp`, which mounts everything anew for itself.
 */
export async function seesThatFile(host: Host, inspection: Inspection, hostPath: string): Promise<boolean | undefined> {
  const { id, pid, isRunning } = inspection
  if (!isRunning || pid === 0) return undefined
  // On an engine elsewhere the number is another machine's.
  const { stdout: cgroups } = await host.exec(["cat", `/proc/${pid}/cgroup`])
  if (!cgroups.includes(id)) return undefined
  const path = await containerPathOf(host, inspection, hostPath)
  if (path === undefined) return undefined
  const { exitCode, stdout } = await host.exec(["stat", "-L", "-c", "%d:%i", `/proc/${pid}/root${path}`])
  return exitCode === 0 ? stdout.trim() === (await host.stat(hostPath)).identity : undefined
}
