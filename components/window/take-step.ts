import type { Step } from "./steps.ts"

/**
 * Every step of every operation goes through here, and does nothing but its work: what wants to see the steps from
 * outside, or to fail them, has one place for it.
 */
export async function takeStep<T>(_step: Step, work: () => Promise<T>): Promise<T> {
  return await work()
}
