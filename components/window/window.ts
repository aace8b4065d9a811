import { posix } from "node:path"
import { startWithEngine } from "../host/restart-policy.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { act, arm, claim, clear, isArmed, renew, switchFolder, type WayOut } from "./dead-mans-switch.ts"
import type { Operation } from "./operation.ts"
import { keepFound } from "./settle.ts"
import { switchActed } from "./window-refusals.ts"

/** What a window may end in when it is not closed as it should. */
export interface OpenedWindow extends WayOut {
  /** What the first of the files is going to be: anything else that lies there later is somebody's edit. */
  readonly planned: string
  /** Returns when the server serves as before, after everything was put back. */
  readonly serves: () => Promise<void>
}

/**
 * Works in a window in which the server may not be serving, under a dead-man's switch. When the work is done, the switch
 * is released: that is the point of no return. When it fails, everything is put back and the server serves as before; the
 * same when we are killed, or not heard of for longer than the lease.
 *
 * Throws what the work threw, `window/switch-not-armed`, `window/switch-acted`, `window/not-put-back`.
 */
export async function inWindow<T>(operation: Operation, opened: OpenedWindow, work: () => Promise<T>): Promise<T> {
  const { host, stateFolder, leaseSeconds } = operation.place
  await operation.step("arm-switch", async () => {
    await arm(host, { stateFolder, leaseSeconds }, opened).catch(async (error) => {
      await clear(host, stateFolder)
      throw error
    })
    await host.write(posix.join(switchFolder(stateFolder), "planned"), opened.planned, { mode: 0o600 })
    await survivePowerLoss(operation, opened.service)
  })
  operation.isArmed = true
  const renewing = keepRenewing(operation)
  try {
    const result = await work()
    await operation.step("release-switch", async () => {
      if ((await claim(host, stateFolder, "release")) !== "release") throw switchActed(host, stateFolder)
    })
    return result
  } catch (error) {
    await putBack(operation, opened, error)
    throw error
  } finally {
    clearInterval(renewing)
    operation.isArmed = false
    // One that could not put everything back is left to go on trying.
    if (!(await isArmed(host, stateFolder))) await clear(host, stateFolder)
  }
}

/**
 * A server that loses power loses the switch with it. So what has to serve starts with the engine as long as the window is
 * open, even where it was stopped for the window; who closes the window, or acts, gives the old policy back.
 */
export async function survivePowerLoss({ place: { host, say } }: Operation, service: ServiceAddress): Promise<void> {
  if (service.commands?.start !== undefined) return
  await startWithEngine(host, service).catch((error: Error) => {
    say(`${service.name} would stay down after a loss of power in the window: ${error.message.split("\n")[0]}`)
  })
}

/** Work goes on for longer than the lease; whether it is still us who do it, each step asks. */
function keepRenewing({ place: { host, stateFolder, leaseSeconds } }: Operation): NodeJS.Timeout {
  const sign = () => void renew(host, stateFolder, String(performance.now())).catch(() => {})
  return setInterval(sign, (leaseSeconds * 1000) / 4)
}

async function putBack(operation: Operation, { serves }: OpenedWindow, error: unknown): Promise<void> {
  const { host, stateFolder, say } = operation.place
  // Released already: the new homeserver.yaml serves as it should, and from there it only goes forward.
  if ((await claim(host, stateFolder, "act")) === "release") return
  say("this did not work: homeserver.yaml is put back, and Synapse starts as before")
  await act(host, stateFolder).catch((failure: Error) => {
    throw Object.assign(failure, { cause: error })
  })
  await keepFound(operation.place)
  await serves()
}
