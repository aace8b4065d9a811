import { posix } from "node:path"
import type { Host } from "../host/host.ts"

/**
 * A mark on the host: a stack manages this server. A stack that is destroyed takes it away first of all, and from then on
 * forgets what it made instead of taking it back; a client that is taken out of the config of a living stack goes for good.
 */
export async function markInUse(host: Host, stateFolder: string): Promise<void> {
  await host.write(markIn(stateFolder), "A stack of matrix-auth manages this server.\n", { mode: 0o600 })
}

export async function isInUse(host: Host, stateFolder: string): Promise<boolean> {
  return (await host.readIfPresent(markIn(stateFolder))) !== undefined
}

export async function forgetUse(host: Host, stateFolder: string): Promise<void> {
  await host.remove(markIn(stateFolder))
}

function markIn(stateFolder: string): string {
  return posix.join(stateFolder, "in-use")
}
