import { askService, type WebService } from "../host/ask-service.ts"
import type { Finished, Host } from "../host/host.ts"
import { inspectService, knownService } from "../host/inspection.ts"
import { containerPathOf } from "../host/mounted-paths.ts"
import { runInService } from "../host/service.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { fieldsIn } from "../login-surface/judge.ts"
import { lookAtLogin } from "../login-surface/look-at-login.ts"
import type { LoginPlaces } from "../login-surface/rule.ts"
import type { MasAddress } from "../mas/mas-cli.ts"
import { trySharedSecret } from "../mas/shared-secret-proof.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"
import { at, type Homeserver } from "../synapse/homeserver.ts"
import { readSecretFile } from "../synapse/plan-delegation.ts"
import type { SynapseAddress } from "../synapse/synapse-address.ts"
import { findingOf, type PreFlightKind } from "./finding.ts"

const masOutOfReach: PreFlightKind = {
  name: "mas-out-of-reach",
  severity: "error",
  meaning: "Synapse, asking from where it runs, does not find MAS: it could not tell a good token from a bad one",
  next: "Put both into one network, or let `mas.endpoint` name what Synapse can reach.",
}

const synapseOutOfReach: PreFlightKind = {
  name: "synapse-out-of-reach",
  severity: "error",
  meaning: "MAS, asking from where it runs, does not find Synapse: nobody could log in anew",
  next: "Put both into one network, or let `mas.synapseEndpoint` name what MAS can reach.",
}

const secretMissing: PreFlightKind = {
  name: "secret-missing",
  severity: "error",
  meaning: "MAS's config holds no secret for Synapse to share, or names a file that we do not see",
  next: "`pulumi up` in legacy writes one. A `matrix.secret_file` has to lie in a folder of the host that MAS's container mounts.",
}

const secretNotTaken: PreFlightKind = {
  name: "secret-not-taken",
  severity: "error",
  meaning:
    "MAS, as it runs, does not tell who has the secret of its own config about tokens: Synapse could let nobody in",
  next:
    "Restart MAS. Where it reads another config than the one that `mas.config` names, name that one; where somebody else " +
    "answers at `mas.endpoint`, name MAS.",
}

const secretsDiffer: PreFlightKind = {
  name: "secrets-differ",
  severity: "note",
  meaning: "homeserver.yaml holds another secret than MAS's config: MAS's counts, and takes its place at the cutover",
  next: "Nothing.",
}

const logInAmiss: PreFlightKind = {
  name: "log-in-amiss",
  severity: "error",
  meaning: "by the public addresses, a log-in would not find what it needs: after the cutover people could not log in",
  next: "Mend the proxy's routes and headers (docs/proxy.md), each as it says.",
}

export const reachKinds: readonly PreFlightKind[] = [
  logInAmiss,
  masOutOfReach,
  synapseOutOfReach,
  secretMissing,
  secretNotTaken,
  secretsDiffer,
]

const limitSeconds = 30

/** It asks for the public well-known too, by addresses that may not answer from in there. */
const doctorSeconds = 120

/** Asks as Synapse would, with what its image has. Prints one line of JSON. */
const askFromSynapse = `import json, sys, urllib.request
try:
    with urllib.request.urlopen(sys.argv[1], timeout=10) as answer:
        print(json.dumps({"issuer": json.load(answer).get("issuer")}))
except Exception as error:
    print(json.dumps({"error": str(error)}))`

/**
 * Whether a running Synapse finds MAS under the name that the block will have. Nothing is found out where Synapse cannot
 * be asked so (no Python beside it).
 */
export async function findMasOutOfReach(host: Host, synapse: SynapseAddress, endpoint: string) {
  const url = new URL(".well-known/openid-configuration", endpoint).href
  const argv = ["python", "-c", askFromSynapse, url] as const
  const error = errorOf(await runInService(host, synapse.service, argv, { timeoutSeconds: limitSeconds }))
  return findingOf(masOutOfReach, error === undefined ? [] : [`${endpoint} (${quoted(error)})`])
}

function errorOf({ stdout }: Finished): string | undefined {
  try {
    const { error, issuer } = JSON.parse(stdout) as { error?: string; issuer?: unknown }
    return error ?? (typeof issuer === "string" ? undefined : "who answers there is not MAS")
  } catch {
    return undefined
  }
}

/**
 * Whether a running MAS finds Synapse, by `mas-cli doctor` (its marks: seen with MAS 1.22.0), which reads no database. Its
 * output may hold the shared secret: nothing of it is shown.
 */
export async function findSynapseOutOfReach(host: Host, mas: MasAddress, endpoint: string) {
  const config = await pathWithin(host, mas)
  if (config === undefined) return []
  const argv = ["mas-cli", "--config", config, "doctor"] as const
  const { stderr } = await runInService(host, mas.service, argv, { timeoutSeconds: doctorSeconds })
  const isLost = /❌ ?Can't reach the homeserver at "[^"]*\/_matrix\/client\/versions"/.test(stderr)
  return findingOf(synapseOutOfReach, isLost ? [endpoint] : [])
}

async function pathWithin(host: Host, { service, config }: MasAddress): Promise<string | undefined> {
  return service.commands?.cli === undefined ? containerPathOf(host, await knownService(host, service), config) : config
}

export function findSecretMissing(mas: MasAddress, secret: string | undefined) {
  return findingOf(secretMissing, secret === undefined ? [`matrix.secret in ${mas.config}`] : [])
}

/**
 * What a log-in would stumble over by the public addresses, as far as it can be asked while Synapse checks passwords. A MAS
 * that tells of another issuer has yet to read its config, and is about to be restarted: it is not asked.
 */
export async function findLogInAmiss(host: Host, mas: WebService, login: LoginPlaces) {
  const own = await issuerOf(host, mas)
  if (own !== undefined && own !== login.issuer) return []
  const amiss = await lookAtLogin(login, "before")
  const which = amiss.map(({ endpoint, url, seen, right }) => `${endpoint}, ${url}: ${seen}; right is ${right}`)
  return findingOf(logInAmiss, which)
}

/** As MAS itself tells it; `undefined`: nobody does. */
async function issuerOf(host: Host, mas: WebService): Promise<string | undefined> {
  try {
    const { status, text } = await askService(host, mas, { path: "/.well-known/openid-configuration" })
    const issuer = status === 200 ? fieldsIn(text)?.issuer : undefined
    return typeof issuer === "string" ? issuer : undefined
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

/**
 * Whether a running MAS takes the secret, as Synapse would ask. One that has not read its config since that was written is
 * about to be restarted, and not asked.
 */
export async function findSecretNotTaken(host: Host, mas: WebService & MasAddress, secret: string) {
  if (!(await hasReadConfig(host, mas))) return []
  const wrong = await trySharedSecret(host, mas, secret)
  return findingOf(secretNotTaken, wrong === undefined ? [] : [`${mas.config} (${wrong})`])
}

/** Whether homeserver.yaml holds another secret, in itself or in a file of its own. Neither is shown. */
export async function findSecretsDiffer(host: Host, synapse: SynapseAddress, homeserver: Homeserver, secret: string) {
  const [own, path] = ["secret", "secret_path"].map((name) => at(homeserver, "matrix_authentication_service", name))
  const theirs = typeof path === "string" ? await readSecretFile(host, synapse.service, path) : own
  const differs = typeof theirs === "string" && theirs !== secret
  return findingOf(secretsDiffer, differs ? ["matrix_authentication_service"] : [])
}

async function hasReadConfig(host: Host, { service, config }: MasAddress): Promise<boolean> {
  if (service.commands?.start !== undefined) return false
  const { startedAt } = await inspectService(host, service)
  return startedAt !== undefined && (await host.stat(config)).modifiedAt < startedAt
}

/** Whether a service can be asked at all. */
export async function isRunning(host: Host, service: ServiceAddress): Promise<boolean> {
  return service.commands?.start !== undefined || (await inspectService(host, service)).isRunning
}
