import { setTimeout as pause } from "node:timers/promises"
import { askService } from "../host/ask-service.ts"
import type { Host } from "../host/host.ts"
import { describeAnswer } from "../login-surface/describe-answer.ts"
import { fieldsIn } from "../login-surface/judge.ts"
import type { Answered } from "../login-surface/rule.ts"
import { Refusal } from "../report/refusal.ts"
import type { SynapseAddress } from "./synapse-address.ts"

const limitSeconds = 60
const pauseMilliseconds = 1000

/**
 * Proves that Synapse itself, past the proxy, does what homeserver.yaml says. Delegated: it no longer knows `/login` (404)
 * and its auth metadata names MAS's issuer, which it has from MAS. Legacy: it offers log-in flows and names no issuer.
 * Throws `synapse/answers-otherwise`.
 */
export async function proveAuthentication(host: Host, synapse: SynapseAddress, issuer: string | null): Promise<void> {
  const begin = performance.now()
  while (true) {
    const seen = await look(host, synapse)
    if (matches(seen, issuer)) return
    if (performance.now() - begin > limitSeconds * 1000) throw answersOtherwise(host, seen, issuer)
    await pause(pauseMilliseconds)
  }
}

/** Whether Synapse answers now as a delegated one does, whichever MAS it names, or as a legacy one. */
export async function answersAs(
  host: Host,
  synapse: SynapseAddress,
  authentication: "legacy" | "delegated",
): Promise<boolean> {
  const seen = await look(host, synapse)
  return matches(seen, authentication === "legacy" ? null : (seen.issuer ?? ""))
}

interface Seen {
  readonly login: Answered
  readonly metadata: Answered
  /** `undefined`: it names none. */
  readonly issuer: string | undefined
}

async function look(host: Host, synapse: SynapseAddress): Promise<Seen> {
  const login = await askService(host, synapse, { path: "/_matrix/client/v3/login" })
  const metadata = await askService(host, synapse, { path: "/_matrix/client/v1/auth_metadata" })
  // What is no JSON names no issuer.
  const issuer = metadata.status === 200 ? fieldsIn(metadata.text)?.issuer : undefined
  return { login, metadata, issuer: typeof issuer === "string" ? issuer : undefined }
}

/** Legacy: flows of its own, and no metadata; delegated: no log-in, and metadata with that issuer. */
function matches(seen: Seen, issuer: string | null): boolean {
  const { login, issuer: named } = seen
  if (issuer !== null) return login.status === 404 && named === issuer
  return login.status === 200 && Array.isArray(fieldsIn(login.text)?.flows) && named === undefined
}

function answersOtherwise(host: Host, seen: Seen, issuer: string | null): Refusal {
  const expected = issuer === null ? "login served, no issuer" : `login not served (404), issuer ${issuer}`
  return new Refusal({
    code: "synapse/answers-otherwise",
    what: `Synapse answers otherwise than it should after ${limitSeconds} s`,
    where: { host: host.name },
    meaning: `Expected: ${expected}. Seen: login ${describeAnswer(seen.login)}; issuer ${seen.issuer ?? inPlaceOf(seen)}.`,
    next:
      issuer === null ? "Look at Synapse's log." : "See that MAS runs and that Synapse reaches it at `mas.endpoint`.",
  })
}

function inPlaceOf({ metadata }: Seen): string {
  return `none (${describeAnswer(metadata)})`
}
