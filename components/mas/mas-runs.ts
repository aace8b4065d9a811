import { observe } from "../documents/managed-keys.ts"
import { lookWhatRuns, stopped, withTheFile } from "../files/running.ts"
import { askService, type WebService } from "../host/ask-service.ts"
import type { Host } from "../host/host.ts"
import { askOrExplain, type NotUp } from "../host/staying-up.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import { masError } from "./mas-cli-output.ts"
import type { SettingsInputs } from "./settings.provider.ts"

/**
 * What MAS runs with, in words: with its config as it is, or how it does otherwise. Times tell some of it, the rest MAS
 * tells when it is asked: which issuer it is, and with which secret Synapse may ask about tokens. Reads only.
 */
export async function lookAtMas(inputs: SettingsInputs, { host }: Context, toBe: string): Promise<string | undefined> {
  const { service, endpoint, file, keptAt } = inputs
  const config = { path: file, dialect: "yaml12", keptAt } as const
  const runs = await lookWhatRuns(host, service, config, toBe)
  const isDone = runs !== undefined && runs !== withTheFile && runs !== stopped
  if (isDone || endpoint === undefined) return runs
  const mas = { service, endpoint }
  const asked = await askOrExplain(host, service, () =>
    askService(host, mas, { path: "/.well-known/openid-configuration" }),
  )
  if ("down" in asked) return asked.down.isOrderly ? stopped : `${asked.down.kind}: ${reasonOf(asked.down)}`
  if (runs === stopped) return runs
  const discovery = asked.answer
  const { issuer } = discovery.status === 200 ? (discovery.json() as { issuer?: unknown }) : {}
  if (discovery.status !== 200) return `without an answer of use (HTTP ${discovery.status})`
  if (issuer !== inputs.issuer) return `with another issuer: ${String(issuer)}`
  const { "matrix.secret": secret } = observe(toBe, "yaml12", ["matrix.secret"])
  if (typeof secret === "string" && (await refusesSecret(host, mas, secret)))
    return "with another secret than the file's"
  return runs
}

/** Why it does not come up, with what MAS itself names as wrong. */
function reasonOf({ why, lines }: NotUp): string {
  return lines.length === 0 ? why : `${why}; its last words: ${masError(lines.join("\n"))}`
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
