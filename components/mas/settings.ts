import type { CustomResourceOptions, Input, Output } from "@pulumi/pulumi"
import type { HostAddress } from "../host/host.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { HostedResource } from "../provider.ts"

/** What MAS's config.yaml has to say so that it can take over from Synapse: see settings.provider.ts. */
export interface SettingsArgs {
  host: Input<HostAddress>
  /** MAS's config.yaml on the host. */
  file: Input<string>
  /** Where what stood at our keys before us is kept, on the host. */
  keptAt: Input<string>
  service: Input<ServiceAddress>
  /** MAS's address as its neighbours see it. @example "http://mas:8080/" */
  endpoint: Input<string>
  /** In legacy MAS may not write to the homeserver. */
  authentication: Input<"legacy" | "delegated">
  serverName: Input<string>
  /** MAS's public address, slash at the end. @example "https://auth.example.org/" */
  issuer: Input<string>
  /** Synapse's address as MAS sees it. @example "http://synapse:8008/" */
  synapseEndpoint: Input<string>
  /** homeserver.yaml on the host: the pepper of the passwords is there. */
  homeserverYaml: Input<string>
  /** Where what stood in that before us is kept, on the host. */
  homeserverKeptAt: Input<string>
}

/** MAS's settings. Drift: a managed key of its config is not the one wanted. */
export class Settings extends HostedResource {
  /** Counts our writes to the file. */
  declare readonly revision: Output<number>

  constructor(name: string, args: SettingsArgs, options?: CustomResourceOptions) {
    const kind = { room: "mas", type: "Settings", module: "mas/settings.provider", outputs: ["revision"] }
    super(kind, name, { ...args }, options)
  }
}
