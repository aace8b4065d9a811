import type { Dialect } from "../documents/dialects.ts"
import type { Context, HostedInputs, Lifecycle } from "../lifecycle/lifecycle.ts"
import { makeChange, type PlannedChange, planChange } from "./managed-file.ts"
import { changesForPeople, type ShownKeys, type WantedKey } from "./managed-keys.ts"

/** Inputs that every resource over a managed file has. */
export interface ManagedFileInputs extends HostedInputs {
  /** Absolute path of the file on the host. */
  readonly file: string
  /** Where what stood at our keys before us is kept, on the host. */
  readonly keptAt: string
  /** Filled in by `check`: the managed keys and what they are to be, as people see them. */
  readonly managed?: ShownKeys
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
}

/** The behaviour of a resource that manages keys in somebody else's document. */
export function managedFileLifecycle<Inputs extends ManagedFileInputs>(
  kind: ManagedFileKind<Inputs>,
): Lifecycle<Inputs, ManagedFileOutputs> {
  const fileOf = ({ file, keptAt }: Inputs) => ({ path: file, dialect: kind.dialect, keptAt })
  const planFor = async (inputs: Inputs, context: Context) =>
    planChange(context.host, fileOf(inputs), await kind.keys(inputs, context))

  return {
    outputs: ["revision"],
    identity: ["file"],
    async check(inputs, before, context) {
      const { live, wanted } = await planFor(inputs, context)
      // Of keys that were managed before, the engine itself prints live => wanted.
      const plan = changesForPeople(live, wanted, before?.managed).map((line) => `${inputs.file}: ${line}`)
      return { inputs: { ...inputs, managed: wanted }, plan }
    },
    async read(state, context) {
      const { live } = await planFor(state, context)
      return { ...state, managed: live }
    },
    async converge(inputs, state, context) {
      const change = await planFor(inputs, context)
      const make = kind.make ?? (() => makeChange(context.host, fileOf(inputs), change))
      const hasWritten = await make(change, inputs, context)
      return { revision: (state?.revision ?? 0) + (hasWritten ? 1 : 0) }
    },
    async remove(state, context) {
      const change = await planChange(context.host, fileOf(state), [])
      await (kind.giveBack?.(change, state, context) ?? makeChange(context.host, fileOf(state), change))
    },
  }
}
