import { setTimeout as pause } from "node:timers/promises"
import { askService } from "../host/ask-service.ts"
import type { Host } from "../host/host.ts"
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
  readonly loginStatus: number
  /** `undefined`: it names none. */
  readonly issuer: string | undefined
}

async function look(host: Host, synapse: SynapseAddress): Promise<Seen> {
  const login = await askService(host, synapse, { path: "/_matrix/client/v3/login" })
  const metadata = await askService(host, synapse, { path: "/_matrix/client/v1/auth_metadata" })
  const issuer = metadata.status === 200 ? (metadata.json() as { issuer?: unknown }).issuer : undefined
  return { loginStatus: login.status, issuer: typeof issuer === "string" ? issuer : undefined }
}

function matches(seen: Seen, issuer: string | null): boolean {
  if (issuer === null) return seen.loginStatus === 200 && seen.issuer === undefined
  return seen.loginStatus === 404 && seen.issuer === issuer
}

function answersOtherwise(host: Host, seen: Seen, issuer: string | null): Refusal {
  const expected = issuer === null ? "login served, no issuer" : `login not served (404), issuer ${issuer}`
  return new Refusal({
    code: "synapse/answers-otherwise",
    what: `Synapse answers otherwise than it should after ${limitSeconds} s`,
    where: { host: host.name },
    meaning: `Expected: ${expected}. Seen: login HTTP ${seen.loginStatus}, issuer ${seen.issuer ?? "none"}.`,
    next:
      issuer === null ? "Look at Synapse's log." : "See that MAS runs and that Synapse reaches it at `mas.endpoint`.",
  })
}
