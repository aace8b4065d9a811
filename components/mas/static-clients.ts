import type { CustomResourceOptions, Input } from "@pulumi/pulumi"
import type { HostAddress } from "../host/host.ts"
import { HostedResource } from "../provider.ts"
import type { MasAddress } from "./mas-cli.ts"
import type { DatabasePlace } from "./mas-database.ts"

/** The static clients in MAS's database, as far as they are in a file. */
export interface StaticClientsArgs {
  host: Input<HostAddress>
  mas: Input<MasAddress>
  /** Where MAS's database listens. Default: what MAS's config names. */
  database?: Input<DatabasePlace>
  /** Ids of the clients that the stack declares. */
  declared: Input<readonly string[]>
}

/**
 * What `config sync --prune` would take out. Drift: a static client in MAS's database that is in no file, which goes on
 * working; those that were there before us are left alone.
 */
export class StaticClients extends HostedResource {
  constructor(name: string, args: StaticClientsArgs, options?: CustomResourceOptions) {
    const kind = { room: "mas", type: "StaticClients", module: "mas/static-clients.provider", outputs: [] }
    super(kind, name, { ...args }, options)
  }
}
