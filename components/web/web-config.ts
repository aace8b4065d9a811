import type { CustomResourceOptions, Input, Output } from "@pulumi/pulumi"
import type { HostAddress } from "../host/host.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { HostedResource } from "../provider.ts"

/** Element Web's config.json, with the keys in it that its log-in goes by. */
export interface WebConfigArgs {
  host: Input<HostAddress>
  /** Absolute path on the host. */
  file: Input<string>
  /** Where what stood at our keys before us is kept, on the host. */
  keptAt: Input<string>
  /** MAS's issuer, slash at the end; `null` in legacy. */
  issuer: Input<string | null>
  /** The id under which MAS knows Element; `null`: it registers itself with MAS. */
  clientId: Input<string | null>
  /** Public address of Element's site. */
  url: Input<string>
  /** Older ones do not log in with MAS natively. @example "1.11.50" */
  minimumVersion: Input<string>
  /** Element's site: where it stands still, it is started. */
  service?: Input<ServiceAddress>
}

/** Element's log-in. Drift: a managed key of its config.json is not the one wanted, or what is served is not the file. */
export class WebConfig extends HostedResource {
  /** Counts our writes to the file. */
  declare readonly revision: Output<number>

  constructor(name: string, args: WebConfigArgs, options?: CustomResourceOptions) {
    const kind = { room: "element", type: "WebConfig", module: "web/web-config.provider", outputs: ["revision"] }
    super(kind, name, { ...args }, options)
  }
}
