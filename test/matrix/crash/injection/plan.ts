/** Where a run is to be hurt, and how. Given to the processes of the run as a JSON file. */
export interface Plan {
  /** What is hurt: a step of the window, or a resource's lifecycle. */
  readonly kind: "step" | "resource"
  /** Name of the step, or of the resource's module: `web/well-known.provider`. */
  readonly name: string
  /**
   * - `fails`: the work is not done, an error is thrown in its place.
   * - `stops before`: the process stands still in place of the work, so that it can be killed there.
   * - `stops after`: the same, with the work done and nobody told of it.
   */
  readonly how: "fails" | "stops before" | "stops after"
  /** A file that is made when the place is reached: its text is the moment, in milliseconds of `Date.now()`. */
  readonly marker: string
}

/** Names the file with the plan. */
export const planVariable = "MATRIX_AUTH_CRASH_PLAN"
