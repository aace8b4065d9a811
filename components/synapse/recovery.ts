import type { CustomResourceOptions, Input } from "@pulumi/pulumi"
import type { HostAddress } from "../host/host.ts"
import { HostedResource } from "../provider.ts"
import type { SynapseAddress } from "./synapse-address.ts"

/** What a run that was killed left open, put right before anything else of the next run. */
export interface RecoveryArgs {
  host: Input<HostAddress>
  /** A folder of ours on the host: where the dead-man's switch lies. */
  stateFolder: Input<string>
  synapse: Input<SynapseAddress>
}

/** Nothing is looked at, waited for or changed while the server may still be down from before. Drift: none. */
export class Recovery extends HostedResource {
  constructor(name: string, args: RecoveryArgs, options?: CustomResourceOptions) {
    const kind = { room: "matrix", type: "Recovery", module: "synapse/recovery.provider", outputs: [] }
    super(kind, name, { ...args }, options)
  }
}
