import type { CustomResourceOptions, Input, Output } from "@pulumi/pulumi"
import type { HostAddress } from "../host/host.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { HostedResource } from "../provider.ts"
import type { SharingMas } from "./plan-delegation.ts"

/** Who checks passwords: the MSC3861 block of homeserver.yaml, and what cannot stand beside it. */
export interface DelegatedAuthArgs {
  host: Input<HostAddress>
  /** homeserver.yaml on the host. */
  file: Input<string>
  /** Where what stood at our keys before us is kept, on the host. */
  keptAt: Input<string>
  service: Input<ServiceAddress>
  authentication: Input<"legacy" | "delegated">
  /** Synapse's client listener as its neighbours see it. @example "http://synapse:8008/" */
  synapseEndpoint: Input<string>
  /** MAS's address as Synapse sees it. @example "http://mas:8080/" */
  endpoint: Input<string>
  /** What a delegated Synapse has to tell clients. */
  issuer: Input<string>
  /** MAS: its config, or a file that this names, holds the secret that both share. */
  mas: Input<SharingMas>
  /** Conflicting settings that we may take out while delegated. @example ["oidc_providers"] */
  takeOver: Input<readonly string[]>
  /** A folder of ours on the host, and how long the dead-man's switch waits for a sign of life. */
  window: Input<{ readonly stateFolder: string; readonly leaseSeconds: number }>
  /** A server that is delegated when its stack comes, in legacy, is to be rolled back. */
  isRollbackMeant?: Input<boolean>
  /** A rendezvous server for log-in by QR code (MSC4108). */
  qrCodeEndpoint?: Input<string>
}

/** Delegated auth in Synapse (MSC3861). Drift: a managed key of homeserver.yaml is not the one wanted. */
export class DelegatedAuth extends HostedResource {
  /** Counts our writes to the file. */
  declare readonly revision: Output<number>

  constructor(name: string, args: DelegatedAuthArgs, options?: CustomResourceOptions) {
    const module = "synapse/delegated-auth.provider"
    super({ room: "synapse", type: "DelegatedAuth", module, outputs: ["revision"] }, name, { ...args }, options)
  }
}
