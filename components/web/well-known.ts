import type { CustomResourceOptions, Input, Output } from "@pulumi/pulumi"
import type { HostAddress } from "../host/host.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { HostedResource } from "../provider.ts"

/** The client well-known document: JSON that nginx serves and somebody else owns, with one key of ours in it. */
export interface WellKnownArgs {
  host: Input<HostAddress>
  /** Absolute path on the host. The file must exist: we add a key to it and never create it. */
  file: Input<string>
  /** Where what stood at our key before us is kept, on the host. */
  keptAt: Input<string>
  /**
   * MAS's issuer, trailing slash included: clients compare it byte for byte (RFC 8414, section 3.3).
   * `null` in legacy: what stood at our key before us is back.
   * @example "https://auth.example.org/"
   */
  issuer: Input<string | null>
  /** MAS's issuer, in legacy too: there, a document that names it sends people to MAS. */
  masIssuer?: Input<string>
  /** Public address of the document: what is served there is to be the file. */
  url?: Input<string>
  /** Who serves it: where that stands still, it is started. */
  service?: Input<ServiceAddress>
}

/** Tells clients where to log in. Drift: the key in the file is not the one wanted here, or what is served is not the file. */
export class WellKnown extends HostedResource {
  /** Counts our writes to the file. */
  declare readonly revision: Output<number>

  constructor(name: string, args: WellKnownArgs, options?: CustomResourceOptions) {
    const kind = { room: "matrix", type: "WellKnown", module: "web/well-known.provider", outputs: ["revision"] }
    super(kind, name, { ...args }, options)
  }
}
