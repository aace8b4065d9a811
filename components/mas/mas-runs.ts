import { observe } from "../documents/managed-keys.ts"
import { lookWhatRuns, withTheFile } from "../files/running.ts"
import { askService, type WebService } from "../host/ask-service.ts"
import type { Host } from "../host/host.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import type { SettingsInputs } from "./settings.provider.ts"

/**
 * What MAS runs with, in words: with its config as it is, or how it does otherwise. Times tell some of it, the rest MAS
 * tells when it is asked: which issuer it is, and with which secret Synapse may ask about tokens. Reads only.
 */
export async function lookAtMas(inputs: SettingsInputs, { host }: Context, toBe: string): Promise<string | undefined> {
  const { service, endpoint, file, keptAt } = inputs
  const config = { path: file, dialect: "yaml12", keptAt } as const
  const runs = await lookWhatRuns(host, service, config, toBe)
  if ((runs !== undefined && runs !== withTheFile) || endpoint === undefined) return runs
  const mas = { service, endpoint }
  const discovery = await askService(host, mas, { path: "/.well-known/openid-configuration" })
  const { issuer } = discovery.status === 200 ? (discovery.json() as { issuer?: unknown }) : {}
  if (discovery.status !== 200) return `without an answer of use (HTTP ${discovery.status})`
  if (issuer !== inputs.issuer) return `with another issuer: ${String(issuer)}`
  const { "matrix.secret": secret } = observe(toBe, "yaml12", ["matrix.secret"])
  if (typeof secret === "string" && (await refusesSecret(host, mas, secret)))
    return "with another secret than the file's"
  return runs
}

/** Synapse proves itself with the shared secret when it asks about a token (MAS 0.20 and later; 401 seen with 1.22). */
async function refusesSecret(host: Host, mas: WebService, secret: string): Promise<boolean> {
  const { status } = await askService(host, mas, {
    path: "/oauth2/introspect",
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/x-www-form-urlencoded" },
    body: "token=matrix-auth-probe",
  })
  return status === 401 || status === 403
}
