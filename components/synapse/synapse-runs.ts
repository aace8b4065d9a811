import { isDeepStrictEqual } from "node:util"
import { observe } from "../documents/managed-keys.ts"
import { lookWhatRuns, stopped, withTheFile } from "../files/running.ts"
import { askService, type WebService } from "../host/ask-service.ts"
import type { Host } from "../host/host.ts"
import type { HttpAnswer } from "../host/http.ts"
import { restartService } from "../host/service.ts"
import { askOrExplain, type NotUp } from "../host/staying-up.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import { Refusal } from "../report/refusal.ts"
import { type DelegatedAuthInputs, dialect, homeserverFile } from "./plan-delegation.ts"
import { proveAuthentication } from "./prove-authentication.ts"
import { waitForSynapse } from "./synapse-address.ts"
import { reasonOf } from "./validate-config.ts"

/**
 * What Synapse runs with, in words: with the file as it is, or how it does otherwise. Times tell some of it, the rest
 * Synapse tells when it is asked: who does the log-in, whose metadata, with which secret. Reads only.
 */
export async function lookAtSynapse(
  inputs: DelegatedAuthInputs,
  { host, say }: Context,
  toBe: string,
): Promise<string | undefined> {
  const synapse = { service: inputs.service, endpoint: inputs.synapseEndpoint }
  // It is asked first: between two ends, one that ends at each start looks as if it ran with another file.
  const asked = await askOrExplain(host, inputs.service, () =>
    askService(host, synapse, { path: "/_matrix/client/v3/login" }),
  )
  if ("down" in asked) return describeDown(asked.down, say)
  const runs = await lookWhatRuns(host, inputs.service, homeserverFile(inputs), toBe)
  if (runs !== undefined && runs !== withTheFile) return runs
  const { status } = asked.answer
  if (inputs.authentication === "legacy") return status === 404 ? "delegated, which the file is not" : runs
  if (status !== 404) return "with its own log-in, which the file leaves to MAS"
  return (await refusesSecret(host, synapse, toBe)) ?? (await tellsOtherMetadata(host, synapse, inputs)) ?? runs
}

/** In words, with what Synapse itself names as wrong; its last log lines go to whoever listens. */
function describeDown({ kind, why, isOrderly, lines }: NotUp, say: Context["say"]): string {
  if (isOrderly) return stopped
  for (const line of lines) say(`Synapse's log: ${line}`)
  const reason = lines.length === 0 ? "" : `; its last words: ${reasonOf(lines.join("\n"))}`
  return `${kind}: ${why}${reason}`
}

/** Restarts Synapse with the file as it is, and proves that it does what the file says. */
export async function restartSynapse(inputs: DelegatedAuthInputs, { host, say }: Context): Promise<void> {
  const { service, file, synapseEndpoint, authentication, issuer } = inputs
  const address = { service, homeserverYaml: file, endpoint: synapseEndpoint }
  say("Synapse restarts, to run with homeserver.yaml as it is")
  await restartService(host, service)
  await waitForSynapse(host, address, say)
  await proveAuthentication(host, address, authentication === "delegated" ? issuer : null)
}

/** MAS's own way in takes the shared secret: 403 tells of another one; with the right one the missing name is what is wrong. */
async function refusesSecret(host: Host, synapse: WebService, toBe: string): Promise<string | undefined> {
  const path = "matrix_authentication_service.secret"
  const { [path]: secret } = observe(toBe, dialect, [path])
  if (typeof secret !== "string") return undefined
  const headers = { authorization: `Bearer ${secret}` }
  const { status } = await askService(host, synapse, { path: "/_synapse/mas/is_localpart_available", headers })
  return status === 403 || status === 401 ? "with another secret than the file's" : undefined
}

/** Synapse keeps MAS's metadata for as long as it runs (seen with 1.163.2). */
async function tellsOtherMetadata(
  host: Host,
  synapse: WebService,
  { mas, endpoint }: DelegatedAuthInputs,
): Promise<string | undefined> {
  const told = await askService(host, synapse, { path: "/_matrix/client/v1/auth_metadata" })
  const own = await askUnlessDown(host, { service: mas.service, endpoint })
  const [one, other] = [documentIn(told), documentIn(own)]
  if (one === undefined || other === undefined || isDeepStrictEqual(one, other)) return undefined
  return "with metadata of MAS that MAS no longer tells"
}

/** A MAS that does not answer is told where MAS is looked at. */
async function askUnlessDown(host: Host, mas: WebService): Promise<HttpAnswer | undefined> {
  try {
    return await askService(host, mas, { path: "/.well-known/openid-configuration" })
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

function documentIn(answer: HttpAnswer | undefined): unknown {
  return answer?.status === 200 ? answer.json() : undefined
}
