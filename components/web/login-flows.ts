import type { CustomResourceOptions, Input } from "@pulumi/pulumi"
import type { WebService } from "../host/ask-service.ts"
import type { HostAddress } from "../host/host.ts"
import { HostedResource } from "../provider.ts"
import type { FrontProxy } from "./reload-proxy.ts"

/** What clients are to see of the way to log in. */
export interface LoginFlowsArgs {
  host: Input<HostAddress>
  /** MAS's issuer, slash at the end; `null` in legacy. */
  issuer: Input<string | null>
  /** MAS's issuer, in legacy too: then nothing is to name it. */
  masIssuer?: Input<string>
  /** A folder of ours on the host. */
  stateFolder: Input<string>
  /** People use this server: as long as it is delegated, its stack is not to be destroyed. */
  isProtected: Input<boolean>
  /** Public base address of the client API. */
  homeserverUrl: Input<string>
  /** Public address of the client well-known document. */
  wellKnownUrl: Input<string>
  /** The same document on the host. */
  wellKnownFile: Input<string>
  /** Where what stood in that before us is kept, on the host. */
  wellKnownKeptAt: Input<string>
  /** Synapse itself, to be asked past the proxy. */
  synapse: Input<WebService>
  /** MAS itself: what it tells is what Synapse has to pass on. */
  mas: Input<WebService>
  /** Of the pages that people log in from in a browser. @example "https://element.example.org" */
  origin: Input<string>
  /** Told to read its files anew when clients do not see what they should. */
  proxy?: Input<FrontProxy>
}

/** A check as a resource. Drift: log-in flows, auth metadata, well-known or routes are not what clients are to see. */
export class LoginFlows extends HostedResource {
  constructor(name: string, args: LoginFlowsArgs, options?: CustomResourceOptions) {
    const kind = { room: "matrix", type: "LoginFlows", module: "web/login-flows.provider", outputs: [] }
    super(kind, name, { ...args }, options)
  }
}
