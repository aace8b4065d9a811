import { posix } from "node:path"
import { formatDuration } from "../report/durations.ts"
import type { SwitchPlace } from "./dead-mans-switch.ts"
import { type Journal, type OperationKind, type StepTime, writeJournal } from "./journal.ts"
import { type SettlePlace, settle } from "./settle.ts"
import { keepStepTimes } from "./step-times.ts"
import { describeStep, limitOf, type Step } from "./steps.ts"
import { isAlive, readClaim, renew } from "./switch-state.ts"
import { takeStep } from "./take-step.ts"
import { stepHangs, switchActed, switchLost } from "./window-refusals.ts"
import { within } from "./within.ts"

/** Where an operation is done, and who hears of it. */
export interface OperationPlace extends SwitchPlace, SettlePlace {
  /** Another limit of a step than ours, in seconds. */
  readonly stepLimit?: (step: Step) => number | undefined
}

/** Long work is heard of this often. */
const tellEverySeconds = 20

/** Something that is being done to the server, step by step, by one run at a time. */
export class Operation {
  readonly place: OperationPlace
  /** Whether a dead-man's switch watches over it. */
  isArmed = false
  /** Whether that switch was seen dead, be it that another one has taken its place. */
  hasLostSwitch = false
  readonly #done: StepTime[] = []
  readonly #kind: OperationKind
  readonly #startedAt = new Date().toISOString()
  #lastProgress = performance.now()
  #current: Step | undefined

  constructor(kind: OperationKind, place: OperationPlace) {
    this.#kind = kind
    this.place = place
  }

  /** Steps that have ended, in order, with how long each took. */
  get done(): readonly StepTime[] {
    return this.#done
  }

  /** The step that is at work; `undefined`: none is. And for how long that has been so, by a clock that nobody sets. */
  get progress(): { readonly step: Step | undefined; readonly seconds: number } {
    return { step: this.#current, seconds: (performance.now() - this.#lastProgress) / 1000 }
  }

  /**
   * Writes the journal, then works. While the switch is armed, it first makes sure that this lives and has not acted
   * meanwhile, and no step takes longer than its limit. Throws what the work throws, `window/switch-acted`,
   * `window/switch-lost`, `window/step-hangs`.
   */
  async step<T>(step: Step, work: () => Promise<T>): Promise<T> {
    const { host, stateFolder, say } = this.place
    await this.#write({ step, stepStartedAt: new Date().toISOString() })
    if (this.isArmed) {
      await renew(host, stateFolder, `${step} ${performance.now()}`)
      if ((await readClaim(host, stateFolder)) === "act") throw switchActed(host, stateFolder)
      await this.#demandSwitch(step)
    }
    say(describeStep(step))
    const begin = performance.now()
    const elapsedSeconds = () => (performance.now() - begin) / 1000
    const telling = setInterval(
      () => say(`${step}: ${formatDuration(elapsedSeconds())} so far`),
      tellEverySeconds * 1000,
    )
    this.#moveTo(step)
    try {
      return await this.#limited(step, () => takeStep(step, work))
    } finally {
      clearInterval(telling)
      this.#moveTo(undefined)
      this.#done.push({ step, seconds: Math.round(elapsedSeconds() * 1000) / 1000 })
    }
  }

  limitOf(step: Step): number | undefined {
    return this.place.stepLimit?.(step) ?? limitOf(step)
  }

  /** Closes the journal. */
  async end(ended: "done" | "failed"): Promise<void> {
    await this.#write({ ...(ended === "failed" ? this.#last : {}), ended })
  }

  #last: Pick<Journal, "step" | "stepStartedAt"> = {}

  #moveTo(step: Step | undefined): void {
    this.#current = step
    this.#lastProgress = performance.now()
  }

  /** The last step needs none: the server serves as planned, and from there it only goes forward. */
  async #demandSwitch(step: Step): Promise<void> {
    if (step === "release-switch") return
    const { host, stateFolder } = this.place
    if (this.hasLostSwitch || !(await isAlive(host, stateFolder))) throw switchLost(host, stateFolder)
  }

  async #limited<T>(step: Step, work: () => Promise<T>): Promise<T> {
    const limit = this.isArmed ? this.limitOf(step) : undefined
    if (limit === undefined) return await work()
    const { host, stateFolder } = this.place
    return await within(limit, work, () => stepHangs(host, stateFolder, step, limit))
  }

  async #write(now: Partial<Journal>): Promise<void> {
    if (now.step !== undefined) this.#last = { step: now.step, stepStartedAt: now.stepStartedAt ?? "" }
    const { host, stateFolder } = this.place
    const journal = { operation: this.#kind, startedAt: this.#startedAt, done: this.#done, ...now }
    await writeJournal(host, stateFolder, journal)
  }
}

/**
 * Does something to the server, alone: another run has to wait, or is refused. What a run that was killed left behind is
 * settled first. Throws `host/lock-busy`.
 */
export async function inOperation<T>(
  kind: OperationKind,
  place: OperationPlace,
  work: (operation: Operation) => Promise<T>,
): Promise<T> {
  const lock = posix.join(place.stateFolder, "operation.lock")
  const alone = async () => {
    await settle(place)
    const operation = new Operation(kind, place)
    try {
      const result = await work(operation)
      await operation.end("done")
      await keepStepTimes(place.host, place.stateFolder, operation.done)
      return result
    } catch (error) {
      // A full disk must not hide what went wrong.
      await operation.end("failed").catch(() => {})
      throw error
    }
  }
  return await place.host.withLock(lock, alone, { waitSeconds: 5 })
}

/** `stop-synapse 1.2 s, migrate 3.4 s` */
export function sayTimes(times: readonly StepTime[]): string {
  return times.map(({ step, seconds }) => `${step} ${formatDuration(seconds)}`).join(", ")
}
