import type { CustomResourceOptions, Input } from "@pulumi/pulumi"
import type { HostAddress } from "../host/host.ts"
import { HostedResource } from "../provider.ts"
import type { ClientDescription } from "./client-spec.ts"
import type { MasAddress } from "./mas-cli.ts"
import type { DatabasePlace } from "./mas-database.ts"

/** An OAuth client that MAS has to know. */
export interface ClientArgs {
  host: Input<HostAddress>
  /** A ULID in capitals. Another id is another client. */
  clientId: Input<string>
  client: Input<ClientDescription>
  /** Of a client that proves itself by one; a Pulumi secret. */
  secret?: Input<string>
  mas: Input<MasAddress>
  /** A folder of ours on the host. */
  stateFolder: Input<string>
  /** Where MAS's database listens. Default: what MAS's config names. */
  database?: Input<DatabasePlace>
}

/** One client of MAS. Drift: its entry in the config, or its row in the database, is not as declared. */
export class Client extends HostedResource {
  constructor(name: string, args: ClientArgs, options?: CustomResourceOptions) {
    super({ room: "mas", type: "Client", module: "mas/client.provider", outputs: [] }, name, { ...args }, options)
  }
}
