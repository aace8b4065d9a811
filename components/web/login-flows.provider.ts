import { setTimeout as pause } from "node:timers/promises"
import { forgetUse, markInUse } from "../files/in-use.ts"
import { readKey } from "../files/managed-file.ts"
import { sameAddress } from "../files/managed-keys.ts"
import { isStopped } from "../files/served.ts"
import type { WebService } from "../host/ask-service.ts"
import type { Host } from "../host/host.ts"
import type { Context, HostedInputs, Lifecycle } from "../lifecycle/lifecycle.ts"
import { lookAtLogin } from "../login-surface/look-at-login.ts"
import type { Amiss, BackService } from "../login-surface/rule.ts"
import type { DriftItem } from "../report/drift-item.ts"
import { Refusal } from "../report/refusal.ts"
import { behindNothing, type ClientView, delegatedToMas, expectedView, notServed } from "./client-view.ts"
import { type LookedAt, lookAsClient, lookAtOwnFlows, standsStill } from "./look.ts"
import { type FrontProxy, reloadProxy } from "./reload-proxy.ts"

export interface LoginFlowsInputs extends HostedInputs {
  /** MAS's issuer, slash at the end; `null` in legacy. */
  readonly issuer: string | null
  /** MAS's issuer, in legacy too: then nothing is to name it. */
  readonly masIssuer?: string
  /** A folder of ours on the host. */
  readonly stateFolder: string
  /** People use this server: as long as it is delegated, its stack is not to be destroyed. */
  readonly isProtected: boolean
  readonly homeserverUrl: string
  readonly wellKnownUrl: string
  /** The well-known document on the host: what is served has to be what stands there. */
  readonly wellKnownFile: string
  /** Where what stood in it before us is kept. */
  readonly wellKnownKeptAt?: string
  readonly synapse: WebService
  /** What it tells of itself is what Synapse has to pass on, while delegated. */
  readonly mas?: WebService
  /** Of the pages that people log in from in a browser. Without it, as in states of before, endpoints are not looked at. */
  readonly origin?: string
  /** Told to read its files anew when clients do not see what they should. */
  readonly proxy?: FrontProxy
  /** Filled in by `check`: what clients are to see. */
  readonly seen?: ClientView
  /** Filled in by `check`: which endpoints of a log-in may answer otherwise than clients need. None. */
  readonly amiss?: readonly Amiss[]
}

/** How long what clients see may take to settle after a reload. */
const settleSeconds = 60
/** What is not settled by then is not on its way: the proxy may run with old files. */
const reloadSeconds = 5
const pauseMilliseconds = 1000

/** What clients see of the way to log in: a check as a resource, so that it drifts when reality does. */
export const lifecycle: Lifecycle<LoginFlowsInputs, Record<never, never>> = {
  outputs: [],
  identity: [],
  async check(inputs, before, context) {
    const seen = await expected(inputs, context)
    const drift = before?.seen === undefined ? [] : driftOf(inputs, before.seen, seen)
    const served = inputs.issuer === null ? [] : (before?.amiss ?? []).map(driftOfEndpoint)
    return { inputs: { ...inputs, seen, amiss: [] }, drift: [...drift, ...served] }
  },
  async read(state, { host }) {
    const nothing = await seesNothing(host, state)
    if (nothing !== undefined) return { ...state, seen: nothing, amiss: [] }
    const stopped = await stoppedServices(host, state)
    const [seen, amiss] = await Promise.all([lookAsClient(host, placesFor(state)), lookAtEndpoints(state, stopped)])
    return { ...state, seen, amiss }
  },
  async converge(wanted, _, context) {
    await demandSeen(wanted, context)
    await markInUse(context.host, wanted.stateFolder)
    return {}
  },
  /** Everything else goes after it: the first that is asked when a stack is destroyed. */
  async remove(state, { host }) {
    if (state.isProtected) await demandLegacy(host, state)
    await forgetUse(host, state.stateFolder)
  },
}

/** Throws `web/still-delegated`: a delegated server that nobody manages has no way back. */
async function demandLegacy(host: Host, { homeserverUrl, synapse }: LoginFlowsInputs): Promise<void> {
  const own = await lookAtOwnFlows(host, synapse)
  if (own !== notServed && own !== standsStill) return
  throw new Refusal({
    code: "web/still-delegated",
    what: "This server still hands its log-in to MAS: its stack is not destroyed",
    where: { host: host.name, url: homeserverUrl },
    meaning:
      "Nothing was changed. Without its stack nobody would see to it any more, and the way back would be by hand.",
    next:
      "Go back first: `pulumi config set authentication legacy`, `pulumi up`; then `pulumi destroy` forgets the server and " +
      "leaves it as it is. To hand it over as it is, delegated: `pulumi stack rm --force` forgets the stack alone.",
  })
}

/** Behind a proxy that stands still; `up` starts it. Where it runs and does not answer, nobody can tell. */
async function seesNothing(host: Host, { proxy }: LoginFlowsInputs): Promise<ClientView | undefined> {
  return proxy !== undefined && (await isStopped(host, proxy.service)) ? behindNothing : undefined
}

/** Where one stands still, what fails by that is told with it, and not again endpoint by endpoint. */
async function stoppedServices(host: Host, { issuer, synapse, mas }: LoginFlowsInputs): Promise<BackService[]> {
  if (issuer === null) return []
  const services = { synapse: synapse.service, ...(mas === undefined ? {} : { mas: mas.service }) }
  const stopped = await Promise.all(Object.values(services).map((service) => isStopped(host, service)))
  return (Object.keys(services) as (keyof typeof services)[]).filter((_, nth) => stopped[nth])
}

/** In legacy nobody is sent to MAS: its endpoints are looked at before the cutover, with all else that could stop that. */
async function lookAtEndpoints(
  { issuer, origin, homeserverUrl, wellKnownUrl }: LoginFlowsInputs,
  without: readonly BackService[] = [],
): Promise<readonly Amiss[]> {
  if (issuer === null || origin === undefined) return []
  return lookAtLogin({ homeserverUrl, wellKnownUrl, issuer, origin }, "delegated", { without })
}

/** In legacy nobody passes on what MAS tells. */
function placesFor({ issuer, homeserverUrl, wellKnownUrl, synapse, mas }: LoginFlowsInputs): LookedAt {
  const places = { homeserverUrl, wellKnownUrl, synapse }
  return issuer === null || mas === undefined ? places : { ...places, mas }
}

function driftOf({ homeserverUrl: url }: LoginFlowsInputs, live: ClientView, wanted: ClientView): DriftItem[] {
  const keys = Object.keys(wanted) as (keyof ClientView)[]
  const different = keys.filter((key) => live[key] !== wanted[key])
  return different.map((key) => ({
    kind: "served",
    where: { url, keyPath: key },
    live: live[key],
    wanted: wanted[key],
  }))
}

function driftOfEndpoint({ endpoint, url, seen, right }: Amiss): DriftItem {
  return { kind: "served", where: { url, keyPath: endpoint }, live: seen, wanted: right }
}

async function expected(inputs: LoginFlowsInputs, { host }: Context): Promise<ClientView> {
  const kept = inputs.wellKnownKeptAt === undefined ? {} : { keptAt: inputs.wellKnownKeptAt }
  const file = { path: inputs.wellKnownFile, dialect: "json", ...kept } as const
  const stands = await readKey(host, file, '["org.matrix.msc2965.authentication"].issuer')
  const isOthers = typeof stands === "string" && !(inputs.masIssuer && sameAddress(inputs.masIssuer)(stands))
  const wellKnownIssuer = inputs.issuer ?? (isOthers ? stands : "names no issuer")
  const view = expectedView({ issuer: inputs.issuer, wellKnownIssuer })
  return inputs.issuer === null ? { ...view, ...(await ownLogIn(host, inputs)) } : view
}

/** In legacy the log-in is Synapse's own, whatever that is: with single sign-on alone there is no password form. */
async function ownLogIn(host: Context["host"], { synapse }: LoginFlowsInputs): Promise<Partial<ClientView>> {
  const own = await lookAtOwnFlows(host, synapse).catch((error: unknown) => {
    // The pre-flight names an address that leads nowhere; what clients see is asked by their own.
    if (error instanceof Refusal && error.code === "http/unreachable") return undefined
    throw error
  })
  if (own === undefined || own === notServed || own === standsStill || own === delegatedToMas) return {}
  return { loginFlows: own, loginFlowsOfSynapse: own }
}

/** Throws `web/clients-see-otherwise` with each difference once it has lasted. */
async function demandSeen(inputs: LoginFlowsInputs, context: Context): Promise<void> {
  const wanted = inputs.seen ?? (await expected(inputs, context))
  const begin = performance.now()
  let { proxy } = inputs
  while (true) {
    const [seen, amiss] = await Promise.all([lookAsClient(context.host, placesFor(inputs)), lookAtEndpoints(inputs)])
    const differences = differencesIn(wanted, seen, amiss)
    if (differences.length === 0) return
    const seconds = (performance.now() - begin) / 1000
    if (proxy !== undefined && seconds > reloadSeconds) {
      context.say("clients do not see what they should: the proxy reads its files anew")
      await reloadProxy(context.host, proxy)
      proxy = undefined
    }
    if (seconds > settleSeconds) throw otherwise(inputs, differences)
    await pause(pauseMilliseconds)
  }
}

function differencesIn(wanted: ClientView, seen: ClientView, amiss: readonly Amiss[]): readonly string[] {
  const keys = (Object.keys(wanted) as (keyof ClientView)[]).filter((key) => seen[key] !== wanted[key])
  return [
    ...keys.map((key) => `${key}: expected ${wanted[key]}, seen ${seen[key]}.`),
    ...amiss.map(({ endpoint, url, right, seen: live }) => `${endpoint} (${url}): expected ${right}, seen ${live}.`),
  ]
}

function otherwise({ homeserverUrl }: LoginFlowsInputs, differences: readonly string[]): Refusal {
  return new Refusal({
    code: "web/clients-see-otherwise",
    what: `Clients do not see what they should, after ${settleSeconds} s`,
    where: { url: homeserverUrl },
    meaning: differences.join(" "),
    next:
      "Where log-in, log-out or refresh do not reach MAS, or an endpoint of MAS is not served as MAS serves it, mend the " +
      "proxy's routes (docs/proxy.md); then `pulumi up`.",
  })
}
