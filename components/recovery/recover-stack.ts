import { describeError } from "../report/describe-error.ts"
import type { Progress } from "../report/progress.ts"
import { Refusal } from "../report/refusal.ts"
import { clearProcesses } from "./clear-processes.ts"
import { describeServer, type HostSide, hostSideOf, settleWindow, stopIn } from "./left-window.ts"
import { describeHolder, type HolderState, type StackLock, stateOfHolder } from "./lock-holder.ts"
import { listMachineProcesses } from "./machine-processes.ts"
import { forgetPending } from "./pending-operations.ts"
import { atWork, holderUnknown, isRefusal } from "./recovery-refusals.ts"
import { exitCodes, type RecoveryOutcome, type RecoveryReport } from "./recovery-report.ts"
import { findLocks, removeLocks, type StackName } from "./stack-locks.ts"
import { nameStack, readStackSettings } from "./stack-settings.ts"

export interface RecoveryOptions {
  /** Also ends a provider that is still at work, rather than to wait for it. */
  readonly end: boolean
  /** Somebody has seen to it that whoever holds a lock on another machine is dead. */
  readonly holderIsDead: boolean
}

/**
 * Clears away what a killed engine left behind on a stack, after proving that nobody is at work on it: its lock, its
 * processes, an open window on the host, pending operations. The server comes before the state. What goes wrong is in the
 * report, never thrown.
 */
export async function recoverStack(
  given: string,
  options: RecoveryOptions,
  progress: Progress,
): Promise<RecoveryReport> {
  const cleared: string[] = []
  const unseen: string[] = []
  const standing: string[] = []
  const report = (outcome: RecoveryOutcome, trouble: string | null, next: string): RecoveryReport => {
    return { stack: given, outcome, exitCode: exitCodes[outcome], cleared, unseen, standing, trouble, next }
  }
  try {
    await progress.step(`recovering ${given}`, (step) => recover(given, options, { cleared, unseen, standing }, step))
    return report("ready", null, `pulumi up --stack ${given}`)
  } catch (error) {
    const next = error instanceof Refusal ? error.next : "Report it; the server is as the lines above say."
    return report(isRefusal(error) ? "refused" : "broken", describeError(error), next)
  }
}

interface Told {
  readonly cleared: string[]
  readonly unseen: string[]
  readonly standing: string[]
}

async function recover(given: string, options: RecoveryOptions, told: Told, progress: Progress): Promise<void> {
  const name = await nameStack(given)
  const locks = await judgedLocks(name)
  const alive = locks.find(({ state }) => state === "alive")
  if (alive) throw atWork(given, describeHolder(alive.lock))
  const side = hostSideOf(await readStackSettings(name))
  const stop = await stopIn(side)
  if (stop !== undefined) told.standing.push(`The last run stopped ${stop}.`)
  if ((await listMachineProcesses()) === undefined) told.unseen.push(processesUnseen)
  told.cleared.push(...(await clearLeftOvers(side, options, progress)))
  told.cleared.push(...(await progress.step("the host", (step) => settleWindow(side, step))))
  told.standing.push(...(await describeServer(side, progress)))
  told.cleared.push(...(await clearLocks(name, locks, options)))
  told.cleared.push(...(await clearPending(name)))
}

const processesUnseen =
  "Whether a dead engine left something running is not known: this machine has no /proc. See for yourself that no `pulumi` runs."

interface JudgedLock {
  readonly lock: StackLock
  readonly state: HolderState
}

async function judgedLocks(name: StackName): Promise<readonly JudgedLock[]> {
  const processes = await listMachineProcesses()
  return (await findLocks(name)).map((lock) => ({ lock, state: stateOfHolder(lock, processes) }))
}

function clearLeftOvers(side: HostSide, { end }: RecoveryOptions, progress: Progress): Promise<readonly string[]> {
  const atWhat = async () => {
    const stop = await stopIn(side)
    return stop === undefined ? "" : `, ${stop}`
  }
  return clearProcesses({ projectFolder: process.cwd(), end, atWhat }, progress)
}

/** Only those that were looked at: a run that began meanwhile has a lock of its own. */
async function clearLocks(name: StackName, judged: readonly JudgedLock[], { holderIsDead }: RecoveryOptions) {
  const unknown = judged.find(({ state }) => state === "unknown")
  if (unknown && !holderIsDead) throw holderUnknown(name.stack, describeHolder(unknown.lock))
  const known = judged.map(({ lock }) => describeHolder(lock))
  const newcomer = (await findLocks(name)).find((lock) => !known.includes(describeHolder(lock)))
  if (newcomer) throw atWork(name.stack, describeHolder(newcomer))
  if (judged.length > 0) await removeLocks(name)
  return judged.map(({ lock, state }) => {
    const proof = state === "dead" ? "that process is dead" : "you say that it is dead"
    return `Pulumi's lock of ${describeHolder(lock)} is taken away: ${proof}.`
  })
}

async function clearPending({ stack }: StackName): Promise<readonly string[]> {
  const pending = await forgetPending(stack)
  return pending.map(({ kind, resource }) => `Pulumi's note that it was ${kind} ${resource} is taken out of its state.`)
}
