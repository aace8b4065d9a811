import { askService, type WebService } from "../host/ask-service.ts"
import type { Host } from "../host/host.ts"
import { request } from "../host/http.ts"
import { inspectService } from "../host/inspection.ts"
import { Refusal } from "../report/refusal.ts"
import {
  type Answer,
  type ClientView,
  inAllVersions,
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
  /** Given while delegated: what it tells of itself is what Synapse has to pass on. */
  readonly mas?: WebService
}

/** Older clients ask by `r0`; a proxy that sends only `v3` to MAS leaves them out. Asked only where MAS has the routes. */
const versions = ["v3", "r0"] as const

/** Looks at the server as clients do, through the proxy and past caches, and at Synapse itself. */
export async function lookAsClient(host: Host, places: LookedAt): Promise<ClientView> {
  const { homeserverUrl, wellKnownUrl, synapse, mas } = places
  const asked = mas === undefined ? versions.slice(0, 1) : versions
  const ask = (path: string, body?: object) => askPublic(new URL(path, homeserverUrl).href, body)
  const inEach = async (look: (version: string) => Promise<string>) => {
    const seen = asked.map(async (version) => [version, await look(version)] as const)
    return inAllVersions(Object.fromEntries(await Promise.all(seen)))
  }
  const [loginFlows, loginFlowsOfSynapse, metadata, ofMas, wellKnown, logoutAndRefresh] = await Promise.all([
    inEach(async (version) => readLoginFlows(await ask(`/_matrix/client/${version}/login`))),
    lookAtOwnFlows(host, synapse),
    ask("/_matrix/client/v1/auth_metadata"),
    mas === undefined ? undefined : askUnlessDown(host, mas, "/.well-known/openid-configuration"),
    askPublic(wellKnownUrl),
    inEach(async (version) => {
      const logout = await ask(`/_matrix/client/${version}/logout`, {})
      // Refresh tokens are younger than r0.
      const refresh = await ask("/_matrix/client/v3/refresh", { refresh_token: "matrix-auth-probe" })
      return readRoutes({ logout, refresh })
    }),
  ])
  const authMetadata = readAuthMetadata(metadata, ofMas)
  return { loginFlows, loginFlowsOfSynapse, authMetadata, wellKnown: readWellKnown(wellKnown), logoutAndRefresh }
}

export const standsStill = "Synapse is not running"

/** What Synapse itself offers, past the proxy. */
export async function lookAtOwnFlows(host: Host, synapse: WebService): Promise<string> {
  const isContainer = synapse.service.commands?.start === undefined
  if (isContainer && !(await inspectService(host, synapse.service)).isRunning) return standsStill
  return readLoginFlows(await askService(host, synapse, { path: "/_matrix/client/v3/login" }))
}

/** A MAS that does not answer is told where MAS is looked at. */
async function askUnlessDown(host: Host, mas: WebService, path: string): Promise<Answer | undefined> {
  try {
    return await askService(host, mas, { path })
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

/** A 404 of `auth_metadata` may be cached for an hour (seen with Synapse 1.163): a query of its own goes past that. */
async function askPublic(url: string, body?: object): Promise<Answer> {
  const fresh = new URL(url)
  fresh.searchParams.set("matrix-auth", String(Date.now()))
  const question = { url: fresh.href, headers: { "cache-control": "no-cache" }, atMostBytes: largestAnswerBytes }
  try {
    return await request(undefined, { ...question, ...(body === undefined ? {} : { method: "POST", body }) })
  } catch (error) {
    // What clients see is what we are asked for: nothing, then.
    if (error instanceof Refusal) return { status: 0, text: error.what }
    throw error
  }
}

/** No answer that is looked for here is that large. */
const largestAnswerBytes = 1024 * 1024
