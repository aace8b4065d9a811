import type { Host, HostAddress } from "../host/host.ts"
import type { DriftItem } from "../report/drift-item.ts"

/** Every resource names the host it is about; dispatch opens it and hands it to the lifecycle. */
export interface HostedInputs {
  readonly host: HostAddress
}

/** What a lifecycle is given besides its values. */
export interface Context {
  readonly host: Host
  /** Puts a line under the resource: in preview what will be done, in a run what is being done. Never a secret. */
  readonly say: (line: string) => void
}

/** What `check` found: the inputs completed by what the host says, and what will change. */
export interface Checked<Inputs> {
  readonly inputs: Inputs
  /** What the run as a whole will do, for people: shown under the component that the resource is part of. */
  readonly summary?: readonly string[]
  /** Lines for people, shown under the resource. */
  readonly plan?: readonly string[]
  /** The same for machines, one by one: what is not as it should be, also what `up` would not mend. */
  readonly drift?: readonly DriftItem[]
}

/**
 * What a provider module exports as `lifecycle`: one resource's behaviour, over plain values and a `Host`. The order
 * is the order in which the engine calls them. `State` is the inputs as they are live, and the outputs beside them.
 *
 * Only `converge` and `remove` write. `check` and `read` are called by preview, and must leave the world as it is.
 */
export interface Lifecycle<Inputs extends HostedInputs, Outputs extends object> {
  /** The names of the outputs: all else in the state is an input. */
  readonly outputs: readonly (keyof Outputs & string)[]
  /** Inputs whose change makes it another thing: it is removed and made again. */
  readonly identity: readonly (keyof Inputs & string)[]
  /** Refuses, or completes the inputs. `before` is what was checked last time; `undefined` on creation. */
  check?(inputs: Inputs, before: Inputs | undefined, context: Context): Promise<Checked<Inputs>>
  /** What is live, in the shape of the inputs, so that the engine prints live => wanted. `undefined`: it is gone. */
  read(state: Inputs & Outputs, context: Context): Promise<(Inputs & Outputs) | undefined>
  /** Create and update are one: makes it so, and writes nothing where it is so already. */
  converge(wanted: Inputs, state: Partial<Inputs & Outputs> | undefined, context: Context): Promise<Outputs>
  /** Takes back what is ours, and nothing else. */
  remove(state: Inputs & Outputs, context: Context): Promise<void>
}

/** Thrown by `converge` when something was done that must not be forgotten: the state is saved, the run fails. */
export class PartlyDone<Outputs extends object> extends Error {
  override readonly name = "PartlyDone"
  readonly outputs: Outputs

  constructor(outputs: Outputs, cause: Error) {
    super(cause.message, { cause })
    this.outputs = outputs
  }
}
