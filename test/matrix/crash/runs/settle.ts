import { setTimeout as pause } from "node:timers/promises"
import { localHost } from "../../../../components/host/local-host.ts"
import { isArmed } from "../../../../components/window/switch-state.ts"
import { type Process, processesOf } from "../../../lab/processes.ts"
import type { Watch } from "../judge/serving.ts"
import { type CrashLab, leaseSeconds } from "../lab/crash-lab.ts"

/** What starting takes, on top of the lease: Synapse's start, on a machine with other work. */
const allowanceSeconds = 75
const limitSeconds = leaseSeconds + allowanceSeconds

/** Until all of ours has ended, and the server serves from then on or has had its time. */
export async function settle(lab: CrashLab, watch: Watch): Promise<void> {
  const deadline = Date.now() + limitSeconds * 1000
  let quietSince: number | undefined
  while (Date.now() < deadline) {
    quietSince = (await isUnderWay(lab)) ? undefined : (quietSince ?? Date.now())
    // A look of before may have been answered by a Synapse that was about to be restarted.
    const looks = watch.looks.filter(({ at }) => quietSince !== undefined && at >= quietSince)
    if (looks.length >= 5 && looks.slice(-5).every(({ isServed }) => isServed)) break
    await pause(200)
  }
  await watch.stop()
}

/**
 * A switch stays for a while after it has acted, in case that a stop that was under way still comes. One without a process
 * will never act: that is for the next run to settle.
 */
async function isUnderWay(lab: CrashLab): Promise<boolean> {
  const processes = await processesOf(lab)
  if (processes.some((one) => !isSwitch(one))) return true
  return processes.length > 0 && (await isArmed(localHost, lab.places.host.stateFolder))
}

export function isSwitch({ argv }: Process): boolean {
  return argv.some((word) => word.endsWith("/switch/run.sh"))
}

/** `undefined`: it was not back at the last look. */
export function complaintsAboutServing(seconds: number | undefined): readonly string[] {
  const isInTime = seconds !== undefined && seconds <= limitSeconds
  return isInTime ? [] : [`the server did not serve again within ${limitSeconds} s`]
}
