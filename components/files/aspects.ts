import type { Host } from "../host/host.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import type { DriftItem, DriftKind } from "../report/drift-item.ts"
import type { Place } from "../report/refusal.ts"

/**
 * Something besides its keys that has to be so with a managed document: that its service runs with it, that it is what
 * is served. It stands among the inputs under its name, in words.
 */
export interface Aspect<Inputs> {
  readonly name: "running" | "served"
  readonly kind: DriftKind
  /** In words, how it is to be. */
  readonly wanted: string
  /** In words, how it is, given the document as it is to be; `undefined` where there is nothing to look at. Reads only. */
  readonly look: (inputs: Inputs, context: Context, toBe: string) => Promise<string | undefined>
  readonly where: (inputs: Inputs, host: Host) => Place
  /** Mends it, when writing the file was not called for. Default: what follows a write follows now. */
  readonly mend?: (inputs: Inputs, context: Context) => Promise<void>
}

/** The aspects as inputs: each as it is to be. */
export function wantedAspects<Inputs>(aspects: readonly Aspect<Inputs>[]): Readonly<Record<string, string>> {
  return Object.fromEntries(aspects.map(({ name, wanted }) => [name, wanted]))
}

/** The aspects as inputs: each as it is, given the document as it is to be. */
export async function liveAspects<Inputs>(
  aspects: readonly Aspect<Inputs>[],
  inputs: Inputs,
  context: Context,
  toBe: string,
): Promise<Readonly<Record<string, string>>> {
  const looks = aspects.map(async ({ name, wanted, look }) => {
    return [name, (await look(inputs, context, toBe)) ?? wanted] as const
  })
  return Object.fromEntries(await Promise.all(looks))
}

/** Those that are not as they are to be, given how they were found. */
export function driftOfAspects<Inputs extends object>(
  aspects: readonly Aspect<Inputs>[],
  found: Inputs,
  host: Host,
): DriftItem[] {
  return aspects.flatMap(({ name, kind, wanted, where }) => {
    const live = (found as Partial<Record<string, string>>)[name]
    return live === undefined || live === wanted ? [] : [{ kind, where: where(found, host), live, wanted }]
  })
}
