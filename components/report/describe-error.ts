import { GatheredRefusals } from "./gathering.ts"
import { Refusal } from "./refusal.ts"
import { visible } from "./visible.ts"

/**
 * Any thrown value as text for people. Refusals in full; everything else is a bug of ours and says so, with what a
 * report of it needs.
 */
export function describeError(error: unknown): string {
  return visible(isRefusal(error) ? describeRefusal(error) : describeBug(error))
}

function isRefusal(error: unknown): error is Refusal | GatheredRefusals {
  return error instanceof Refusal || error instanceof GatheredRefusals
}

/** With the refusals that led to it; other causes are for the debugger, since nobody chose their words. */
function describeRefusal(error: Refusal | GatheredRefusals): string {
  if (!isRefusal(error.cause)) return error.message
  return `${error.message}\nBecause:\n${indented(describeRefusal(error.cause))}`
}

function describeBug(error: unknown): string {
  return [
    "Something went wrong that we did not foresee: a bug of matrix-auth, not a mistake of yours.",
    "Meaning: we stopped where it happened. `pulumi preview` shows where things stand, and changes nothing.",
    "Next: report it where matrix-auth is developed (README.md, section Help), with the lines below. Read them first: they may name your server.",
    indented(trace(error)),
  ].join("\n")
}

function trace(error: unknown): string {
  if (!(error instanceof Error)) return `thrown, though not an error: ${String(error)}`
  const own = error.stack ?? `${error.name}: ${error.message}`
  const within = error instanceof AggregateError ? error.errors.map((one) => `one of them: ${trace(one)}`) : []
  const cause = error.cause === undefined ? [] : [`caused by: ${trace(error.cause)}`]
  return [own, ...within, ...cause].join("\n")
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ")
}
