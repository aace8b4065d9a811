import type { CustomResourceOptions, Input } from "@pulumi/pulumi"
import type { HostAddress } from "../host/host.ts"
import { HostedResource } from "../provider.ts"
import type { NamedPlaces } from "./named-places.ts"

/** A folder of ours on the host. */
export interface StateFolderArgs {
  host: Input<HostAddress>
  /** Absolute path on the host. */
  folder: Input<string>
  /** All containers of the server, by the key of the config that names them. */
  containers?: Input<Readonly<Record<string, string>>>
  /** What else the config names. */
  named?: Input<NamedPlaces>
  authentication?: Input<"legacy" | "delegated">
}

/** The folder that holds what the way back needs. Drift: it is gone. */
export class StateFolder extends HostedResource {
  constructor(name: string, args: StateFolderArgs, options?: CustomResourceOptions) {
    const kind = { room: "matrix", type: "StateFolder", module: "files/state-folder.provider", outputs: [] }
    super(kind, name, { ...args }, options)
  }
}
