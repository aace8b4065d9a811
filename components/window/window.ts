import { startWithEngine } from "../host/restart-policy.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { describeBootStart } from "./boot-start.ts"
import { act, arm, clear, type WayOut, watchAgain } from "./dead-mans-switch.ts"
import type { Whereabouts } from "./detach-switch.ts"
import type { Operation } from "./operation.ts"
import { keepFound } from "./settle.ts"
import { betweenStepsSeconds } from "./steps.ts"
import { claim, inSwitch, isAlive, isArmed, isThere, renew } from "./switch-state.ts"
import { switchActed, switchLost } from "./window-refusals.ts"

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
 * same when we are killed, not heard of for longer than the lease, when a step hangs, and when the switch is gone.
 *
 * Throws what the work threw, `window/switch-not-armed`, `window/switch-acted`, `window/switch-lost`, `window/step-hangs`,
 * `window/not-put-back`.
 */
export async function inWindow<T>(operation: Operation, opened: OpenedWindow, work: () => Promise<T>): Promise<T> {
  const { host, stateFolder } = operation.place
  await operation.step("arm-switch", () => openWindow(operation, opened))
  operation.isArmed = true
  operation.hasLostSwitch = false
  const renewing = keepRenewing(operation)
  try {
    const result = await work()
    await operation.step("release-switch", () => release(operation))
    return result
  } catch (error) {
    // From here on the switch waits for the end of what we do, and acts beside us if that does not come.
    clearInterval(renewing)
    await putBack(operation, opened, error)
    throw error
  } finally {
    clearInterval(renewing)
    operation.isArmed = false
    // One that could not put everything back is left to go on trying.
    if ((await isThere(host, stateFolder)) && !(await isArmed(host, stateFolder))) await putAway(operation)
  }
}

async function openWindow(operation: Operation, opened: OpenedWindow): Promise<void> {
  const { host, stateFolder, say } = operation.place
  const { where, boot } = await arm(host, operation.place, opened)
  say(sayWhere[where])
  say(describeBootStart(boot, stateFolder))
  try {
    await host.write(inSwitch(stateFolder, "planned"), opened.planned, { mode: 0o600 })
  } catch (error) {
    // Nothing was changed yet.
    await clear(host, stateFolder)
    throw error
  }
  await survivePowerLoss(operation, opened.service)
}

const sayWhere: Readonly<Record<Whereabouts, string>> = {
  unit: "the switch runs as a unit of systemd: it outlives this run, its session and its cgroup",
  session:
    "the switch runs in a session of its own: who ends all processes of a cgroup ends it, too; then this run puts everything back",
}

async function release({ place: { host, stateFolder } }: Operation): Promise<void> {
  const claimed = await claim(host, stateFolder, "release")
  if (claimed === "act") throw switchActed(host, stateFolder)
  if (claimed === undefined) throw switchLost(host, stateFolder)
}

async function putAway({ place: { host, stateFolder, say } }: Operation): Promise<void> {
  for (const line of await clear(host, stateFolder)) say(line)
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

/**
 * Work goes on for longer than the lease. A step that hangs is no work: for it the lease is not renewed. A switch that is gone
 * gets a successor for the rest of the step, at whose end the window is given up.
 */
function keepRenewing(operation: Operation): NodeJS.Timeout {
  const { host, stateFolder, leaseSeconds } = operation.place
  const sign = async () => {
    const { step, seconds } = operation.progress
    const limit = (step && operation.limitOf(step)) ?? betweenStepsSeconds
    if (seconds > limit) return
    await renew(host, stateFolder, String(performance.now()))
    if (await isAlive(host, stateFolder)) return
    operation.hasLostSwitch = true
    await watchAgain(host, operation.place)
  }
  let isSigning = false
  return setInterval(
    () => {
      if (isSigning) return
      isSigning = true
      void sign()
        .catch(() => {})
        .finally(() => {
          isSigning = false
        })
    },
    (leaseSeconds * 1000) / 4,
  )
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
