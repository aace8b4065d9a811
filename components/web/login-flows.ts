import type { CustomResourceOptions, Input } from "@pulumi/pulumi"
import type { WebService } from "../host/ask-service.ts"
import type { HostAddress } from "../host/host.ts"
import { HostedResource } from "../provider.ts"

/** What clients are to see of the way to log in. */
export interface LoginFlowsArgs {
  host: Input<HostAddress>
  /** MAS's issuer, slash at the end; `null` in legacy. */
  issuer: Input<string | null>
  /** Public base address of the client API. */
  homeserverUrl: Input<string>
  /** Public address of the client well-known document. */
  wellKnownUrl: Input<string>
  /** The same document on the host. */
  wellKnownFile: Input<string>
  /** Synapse itself, to be asked past the proxy. */
  synapse: Input<WebService>
}

/** A check as a resource. Drift: log-in flows, auth metadata, well-known or routes are not what clients are to see. */
export class LoginFlows extends HostedResource {
  constructor(name: string, args: LoginFlowsArgs, options?: CustomResourceOptions) {
    const kind = { room: "matrix", type: "LoginFlows", module: "web/login-flows.provider", outputs: [] }
    super(kind, name, { ...args }, options)
  }
}
