import { setTimeout as pause } from "node:timers/promises"
import { readKey } from "../files/managed-file.ts"
import { askService, type WebService } from "../host/ask-service.ts"
import type { Context, HostedInputs, Lifecycle } from "../lifecycle/lifecycle.ts"
import { Refusal } from "../report/refusal.ts"
import { type ClientView, expectedView, readLoginFlows } from "./client-view.ts"
import { lookAsClient } from "./look.ts"

export interface LoginFlowsInputs extends HostedInputs {
  /** MAS's issuer, slash at the end; `null` in legacy. */
  readonly issuer: string | null
  readonly homeserverUrl: string
  readonly wellKnownUrl: string
  /** The well-known document on the host: what is served has to be what stands there. */
  readonly wellKnownFile: string
  readonly synapse: WebService
  /** Filled in by `check`: what clients are to see. */
  readonly seen?: ClientView
}

/** How long what clients see may take to settle after a reload. */
const settleSeconds = 60
const pauseMilliseconds = 1000

/** What clients see of the way to log in: a check as a resource, so that it drifts when reality does. */
export const lifecycle: Lifecycle<LoginFlowsInputs, Record<never, never>> = {
  outputs: [],
  identity: [],
  async check(inputs, _, context) {
    return { inputs: { ...inputs, seen: await expected(inputs, context) } }
  },
  async read(state, { host }) {
    return { ...state, seen: await lookAsClient(host, state) }
  },
  async converge(wanted, _, context) {
    await demandSeen(wanted, context)
    return {}
  },
  async remove() {
    // It only looks.
  },
}

async function expected(inputs: LoginFlowsInputs, { host }: Context): Promise<ClientView> {
  const file = { path: inputs.wellKnownFile, dialect: "json" } as const
  const stands = await readKey(host, file, '["org.matrix.msc2965.authentication"].issuer')
  const wellKnownIssuer = inputs.issuer ?? (typeof stands === "string" ? stands : "names no issuer")
  const view = expectedView({ issuer: inputs.issuer, wellKnownIssuer })
  return inputs.issuer === null ? { ...view, ...(await ownLogIn(host, inputs)) } : view
}

/** In legacy the log-in is Synapse's own, whatever that is: with single sign-on alone there is no password form. */
async function ownLogIn(host: Context["host"], { synapse }: LoginFlowsInputs): Promise<Partial<ClientView>> {
  const { status, text } = await askService(host, synapse, { path: "/_matrix/client/v3/login" })
  if (status !== 200) return {}
  const own = readLoginFlows({ status, text })
  return { loginFlows: own, loginFlowsOfSynapse: own }
}

/** Throws `web/clients-see-otherwise` with each difference once it has lasted. */
async function demandSeen(inputs: LoginFlowsInputs, context: Context): Promise<void> {
  const wanted = inputs.seen ?? (await expected(inputs, context))
  const begin = performance.now()
  while (true) {
    const seen = await lookAsClient(context.host, inputs)
    const differences = (Object.keys(wanted) as (keyof ClientView)[]).filter((key) => seen[key] !== wanted[key])
    if (differences.length === 0) return
    if (performance.now() - begin > settleSeconds * 1000) throw otherwise(inputs, wanted, seen, differences)
    await pause(pauseMilliseconds)
  }
}

function otherwise(
  { homeserverUrl }: LoginFlowsInputs,
  wanted: ClientView,
  seen: ClientView,
  differences: readonly (keyof ClientView)[],
): Refusal {
  return new Refusal({
    code: "web/clients-see-otherwise",
    what: `Clients do not see what they should, after ${settleSeconds} s`,
    where: { url: homeserverUrl },
    meaning: differences.map((key) => `${key}: expected ${wanted[key]}, seen ${seen[key]}.`).join(" "),
    next: "Where log-in, log-out or refresh do not reach MAS, mend the proxy's routes (docs/proxy.md); then `pulumi up`.",
  })
}
