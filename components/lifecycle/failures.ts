import { describeError } from "../report/describe-error.ts"
import { GatheredRefusals } from "../report/gathering.ts"
import { Refusal } from "../report/refusal.ts"

/** Under this name an input says why a resource could not be looked at. The program never wants it: it is drift. */
export const notReadKey = "notRead"

/** Work of a run that goes on, or was killed: nothing may be planned before it is over. */
const ofAnotherRun = /^(?:window|recover|drift)\/|^host\/lock-/

/** Why a resource could not be looked at, in one line; `undefined` where the run has to end for it. */
export function whyNotRead(error: unknown): string | undefined {
  const refusals = error instanceof GatheredRefusals ? error.refusals : error instanceof Refusal ? [error] : []
  if (refusals.length === 0 || refusals.some(({ code }) => ofAnotherRun.test(code))) return undefined
  return refusals.map(({ what, code, where }) => `${what} (${code})${placeOf(where)}`).join("; ")
}

function placeOf({ file, database, url }: Refusal["where"]): string {
  const place = [file, database && `database ${database}`, url].filter(Boolean).join(", ")
  return place === "" ? "" : `: ${place}`
}

/**
 * An error in the form in which the engine shows it once. Pulumi's provider process prints an error and its trace on its
 * own, beside what the engine is told (seen with @pulumi/pulumi 3.270): there it only says where to look.
 */
export function failureOf(error: unknown): Error {
  const failure = new Error(describeError(error), { cause: error })
  failure.stack = "its error is shown with the resource"
  failure.toString = () => "matrix-auth"
  return failure
}
