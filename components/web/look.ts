import { askService, type WebService } from "../host/ask-service.ts"
import type { Host } from "../host/host.ts"
import { request } from "../host/http.ts"
import {
  type Answer,
  type ClientView,
  readAuthMetadata,
  readLoginFlows,
  readRoutes,
  readWellKnown,
} from "./client-view.ts"

/** Where clients, and we, look. */
export interface LookedAt {
  /** Public base address of the client API. */
  readonly homeserverUrl: string
  /** Public address of the client well-known document. */
  readonly wellKnownUrl: string
  readonly synapse: WebService
}

/** Looks at the server as clients do, through the proxy and past caches, and at Synapse itself. */
export async function lookAsClient(
  host: Host,
  { homeserverUrl, wellKnownUrl, synapse }: LookedAt,
): Promise<ClientView> {
  const login = "/_matrix/client/v3/login"
  const ask = (path: string, body?: object) => askPublic(new URL(path, homeserverUrl).href, body)
  const [flows, own, metadata, wellKnown, logout, refresh] = await Promise.all([
    ask(login),
    askService(host, synapse, { path: login }),
    ask("/_matrix/client/v1/auth_metadata"),
    askPublic(wellKnownUrl),
    ask("/_matrix/client/v3/logout", {}),
    ask("/_matrix/client/v3/refresh", { refresh_token: "matrix-auth-probe" }),
  ])
  return {
    loginFlows: readLoginFlows(flows),
    loginFlowsOfSynapse: readLoginFlows(own),
    authMetadata: readAuthMetadata(metadata),
    wellKnown: readWellKnown(wellKnown),
    logoutAndRefresh: readRoutes({ logout, refresh }),
  }
}

/** A 404 of `auth_metadata` may be cached for an hour (seen with Synapse 1.163): a query of its own goes past that. */
async function askPublic(url: string, body?: object): Promise<Answer> {
  const fresh = new URL(url)
  fresh.searchParams.set("matrix-auth", String(Date.now()))
  const headers = { "cache-control": "no-cache" }
  return request(undefined, { url: fresh.href, headers, ...(body === undefined ? {} : { method: "POST", body }) })
}
