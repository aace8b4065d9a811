import { posix } from "node:path"
import type { Dialect } from "../documents/dialects.ts"
import type { Context, HostedInputs, Lifecycle } from "../lifecycle/lifecycle.ts"
import type { DriftItem } from "../report/drift-item.ts"
import { type Aspect, driftOfAspects, liveAspects, wantedAspects } from "./aspects.ts"
import { isInUse } from "./in-use.ts"
import { removeLastText } from "./last-text.ts"
import { driftOfKeys, sayWhatElse, wholeDocument } from "./managed-drift.ts"
import { makeChange, type PlannedChange, planChange } from "./managed-file.ts"
import { changesForPeople, type ShownKeys, type WantedKey } from "./managed-keys.ts"
import { leaveOtherDocument } from "./moved-file.ts"
import { forgetStart } from "./running.ts"
import { describeProblem } from "./usable-text.ts"

/** Inputs that every resource over a managed file has. */
export interface ManagedFileInputs extends HostedInputs {
  /** Absolute path of the file on the host. */
  readonly file: string
  /** Where what stood at our keys before us is kept, on the host. */
  readonly keptAt: string
  /** Filled in by `check`: the managed keys and what they are to be, as people see them. */
  readonly managed?: ShownKeys
  /** Filled in by `check`: that the service runs with the file as it is. */
  readonly running?: string
  /** Filled in by `check`: that what is served is the file. */
  readonly served?: string
  /** Filled in by `check`: the version of the program that reads the file. Another one is told, and is no mistake. */
  readonly version?: string
}

export interface ManagedFileOutputs {
  /** Counts our writes, so that what has to follow a write (a restart) follows each. */
  readonly revision: number
}

/** What differs between resources over managed files. */
export interface ManagedFileKind<Inputs extends ManagedFileInputs> {
  readonly dialect: Dialect
  /** The keys that are wanted, worked out on the host as it is now. Reads only. */
  readonly keys: (inputs: Inputs, context: Context) => Promise<readonly WantedKey[]>
  /** How a change gets into the file, where writing is not all there is to it. */
  readonly make?: (change: PlannedChange, inputs: Inputs, context: Context) => Promise<boolean>
  /** The same for giving back all that is ours, when the resource goes. */
  readonly giveBack?: (change: PlannedChange, inputs: Inputs, context: Context) => Promise<boolean>
  /** What has to be so besides the keys, once the resource is there. */
  readonly aspects?: readonly Aspect<Inputs>[]
  /** What else people have to know, told where the resource is new or the switch is thrown. Reads only. */
  readonly notes?: (inputs: Inputs, context: Context) => Promise<readonly string[]>
  /** The version of the program that reads the file, as it tells it; `undefined` where it is of no interest. */
  readonly version?: (inputs: Inputs, context: Context) => Promise<string | undefined>
  /** Called when all is done; `isToFollow`: but for what follows a write, as a restart does. */
  readonly settled?: (inputs: Inputs, context: Context, isToFollow: boolean) => Promise<void>
}

/** The behaviour of a resource that manages keys in somebody else's document. */
export function managedFileLifecycle<Inputs extends ManagedFileInputs>(
  kind: ManagedFileKind<Inputs>,
): Lifecycle<Inputs, ManagedFileOutputs> {
  const aspects = kind.aspects ?? []
  const fileOf = ({ file, keptAt }: Inputs) => ({ path: file, dialect: kind.dialect, keptAt })
  const planFor = async (inputs: Inputs, context: Context) =>
    planChange(context.host, fileOf(inputs), await kind.keys(inputs, context))

  return {
    outputs: ["revision"],
    // A file that was moved is the same document: what stood in it before us is kept for it, wherever it lies.
    identity: [],
    async check(inputs, before, context) {
      const change = await planFor(inputs, context)
      // A service that stands still does not tell: then it is what it was.
      const version = (await kind.version?.(inputs, context)) ?? before?.version
      // Of keys that were managed before, the engine itself prints live => wanted.
      const changes = changesForPeople(change.live, change.wanted, before?.managed)
      const plan = [
        ...changes.map((line) => `${inputs.file}: ${line}`),
        ...sayWhatElse(inputs.file, change),
        ...(isNews(inputs, before) ? ((await kind.notes?.(inputs, context)) ?? []) : []),
        ...(change.difference === "" ? [] : [change.difference.trimEnd()]),
      ]
      const drift = [
        ...driftOfKeys(context.host, inputs.file, change),
        ...driftOfAspects(aspects, before ?? inputs, context.host),
        ...driftOfVersion(before?.version, version, { host: context.host.name, file: inputs.file }),
      ]
      const filled = {
        managed: change.wanted,
        ...wantedAspects(aspects),
        ...(version === undefined ? {} : { version }),
      }
      return { inputs: { ...inputs, ...filled }, plan, drift }
    },
    async read(state, context) {
      const { live, broken, after } = await planFor(state, context)
      const problem =
        broken === undefined ? {} : { [wholeDocument]: `cannot be used: ${describeProblem(broken.problem)}` }
      const version = state.version ?? (await kind.version?.(state, context))
      return {
        ...state,
        managed: { ...live, ...problem },
        ...(await liveAspects(aspects, state, context, after)),
        ...(version === undefined ? {} : { version }),
      }
    },
    async converge(inputs, state, context) {
      await leaveOtherDocument(context.host, fileOf(inputs), state?.file)
      const change = await planFor(inputs, context)
      const make = kind.make ?? (() => makeChange(context.host, fileOf(inputs), change))
      const hasWritten = await make(change, inputs, context)
      const isToFollow = hasWritten || (await mendAspects(aspects, { inputs, toBe: change.after }, context))
      await kind.settled?.(inputs, context, isToFollow)
      return { revision: (state?.revision ?? 0) + (isToFollow ? 1 : 0) }
    },
    /** With its whole stack destroyed, the document stays as it is, and so does what is kept for it. */
    async remove(state, context) {
      if (await isInUse(context.host, posix.dirname(state.keptAt))) {
        const change = await planChange(context.host, fileOf(state), [])
        await (kind.giveBack?.(change, state, context) ?? makeChange(context.host, fileOf(state), change))
      }
      await removeLastText(context.host, state.keptAt)
      await forgetStart(context.host, fileOf(state))
    },
  }
}

/** Whether there was nothing before, or it is the switch that changes. */
function isNews(inputs: ManagedFileInputs & { authentication?: unknown }, before: typeof inputs | undefined): boolean {
  return before === undefined || before.authentication !== inputs.authentication
}

/** Says whether something has to follow as if the file had been written. */
async function mendAspects<Inputs>(
  aspects: readonly Aspect<Inputs>[],
  { inputs, toBe }: { readonly inputs: Inputs; readonly toBe: string },
  context: Context,
) {
  let isToFollow = false
  for (const { look, wanted, mend } of aspects) {
    const live = await look(inputs, context, toBe)
    if (live === undefined || live === wanted) continue
    if (mend === undefined) isToFollow = true
    else await mend(inputs, context)
  }
  return isToFollow
}

function driftOfVersion(known: string | undefined, live: string | undefined, where: DriftItem["where"]): DriftItem[] {
  if (known === undefined || live === undefined || known === live) return []
  const item = {
    kind: "version",
    where,
    live,
    wanted: `${known}, as at the last \`pulumi up\``,
    isNotice: true,
  } as const
  return [item]
}
