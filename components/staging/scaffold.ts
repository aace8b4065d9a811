import type { CustomResourceOptions, Input, Output } from "@pulumi/pulumi"
import type { HostAddress } from "../host/host.ts"
import { HostedResource } from "../provider.ts"
import type { Addresses } from "./layout.ts"

/** The files of a small homeserver as its operator has them: made once with fresh secrets, from then on theirs. */
export interface ScaffoldArgs {
  readonly host: Input<HostAddress>
  /** Absolute path on the host. Made when missing; must not hold anybody else's files. */
  readonly folder: Input<string>
  readonly addresses: Input<Addresses>
}

/** Makes what is missing, never touches what is there, and takes its folders away with it. */
export class Scaffold extends HostedResource {
  /** Who Synapse must run as to read its files, `uid:gid`: 991 where we are root, ourselves where we are not. */
  declare readonly synapseUser: Output<string>
  /** The same for MAS: 65532 where we are root. */
  declare readonly masUser: Output<string>

  constructor(name: string, args: ScaffoldArgs, options?: CustomResourceOptions) {
    const kind = {
      room: "staging",
      type: "Scaffold",
      module: "staging/scaffold.provider",
      outputs: ["synapseUser", "masUser"],
    }
    super(kind, name, { ...args }, options)
  }
}
