import { type CustomResourceOptions, createUrn, dynamic, type Input, type Output, output } from "@pulumi/pulumi"

/** What tells one kind of resource from another: its type token, the module with its lifecycle, its outputs. */
export interface Kind {
  /** Half of the type token, such as `mas`. In the URN: never rename. */
  readonly room: string
  /** The other half, such as `Client`. In the URN: never rename. */
  readonly type: string
  /** The file with the lifecycle, below components and without `.ts`: `mas/client.provider`. */
  readonly module: string
  readonly outputs: readonly string[]
  /** Outputs that are kept encrypted. */
  readonly secretOutputs?: readonly string[]
}

declare const require: (path: string) => typeof import("./lifecycle/dispatch.ts")

/**
 * The provider that Pulumi serialises into the state: a constant that knows only a module path and loads the current
 * code at run time. Nothing else may be captured here: what is captured lands in the state as plain text.
 */
function shimFor(module: string): dynamic.ResourceProvider {
  return {
    check: (olds, news) => require(`${process.cwd()}/components/lifecycle/dispatch.ts`).check(module, olds, news),
    diff: (_, olds, news) => require(`${process.cwd()}/components/lifecycle/dispatch.ts`).diff(module, olds, news),
    create: (inputs) => require(`${process.cwd()}/components/lifecycle/dispatch.ts`).create(module, inputs),
    read: (id, state) => require(`${process.cwd()}/components/lifecycle/dispatch.ts`).read(module, id, state),
    update: (id, olds, news) =>
      require(`${process.cwd()}/components/lifecycle/dispatch.ts`).update(module, id, olds, news),
    delete: (_, state) => require(`${process.cwd()}/components/lifecycle/dispatch.ts`).remove(module, state),
  }
}

/** A resource of ours: a dynamic resource over the shim. */
export abstract class HostedResource extends dynamic.Resource {
  constructor(
    kind: Kind,
    name: string,
    args: Readonly<Record<string, Input<unknown>>>,
    options?: CustomResourceOptions,
  ) {
    const unset = Object.fromEntries(kind.outputs.map((output) => [output, undefined]))
    const token = `pulumi-nodejs:dynamic/${kind.room}:${kind.type}`
    // `check` needs the URNs to put its lines under resource and component, and takes them out again: they never get into the state.
    const self = withoutDependencies(createUrn(name, token, options?.parent))
    const above = options?.parent && withoutDependencies(options.parent.urn)
    super(
      shimFor(kind.module),
      name,
      { ...unset, ...args, self, ...(above === undefined ? {} : { above }) },
      { ...options, additionalSecretOutputs: [...(kind.secretOutputs ?? [])] },
      kind.room,
      kind.type,
    )
  }
}

/**
 * A resource's URN depends on its parent, and who depends on a component depends on all of its children: the resource
 * would wait for its own successors. The text alone depends on nothing.
 */
function withoutDependencies(urn: Output<string>): Output<string> {
  return output(new Promise<string>((known) => void urn.apply(known)))
}
