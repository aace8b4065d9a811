import { observe } from "../documents/managed-keys.ts"
import { lookWhatRuns, stopped, withTheFile } from "../files/running.ts"
import { askService } from "../host/ask-service.ts"
import { askOrExplain, type NotUp } from "../host/staying-up.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import { describeAnswer } from "../login-surface/describe-answer.ts"
import { fieldsIn } from "../login-surface/judge.ts"
import { masError } from "./mas-cli-output.ts"
import type { SettingsInputs } from "./settings.provider.ts"
import { trySharedSecret } from "./shared-secret-proof.ts"

/**
 * What MAS runs with, in words: with its config as it is, or how it does otherwise. Times tell some of it, the rest MAS
 * tells when it is asked: which issuer it is, and with which secret Synapse may ask about tokens. Reads only.
 */
export async function lookAtMas(inputs: SettingsInputs, { host }: Context, toBe: string): Promise<string | undefined> {
  const { service, endpoint, file, keptAt } = inputs
  const config = { path: file, dialect: "yaml12", keptAt } as const
  if (endpoint === undefined) return lookWhatRuns(host, service, config, toBe)
  const mas = { service, endpoint }
  // It is asked first: between two ends, one that ends at each start looks as if it ran with another file.
  const asked = await askOrExplain(host, service, () =>
    askService(host, mas, { path: "/.well-known/openid-configuration" }),
  )
  if ("down" in asked) return asked.down.isOrderly ? stopped : `${asked.down.kind}: ${reasonOf(asked.down)}`
  const runs = await lookWhatRuns(host, service, config, toBe)
  if (runs !== undefined && runs !== withTheFile) return runs
  const discovery = asked.answer
  const metadata = discovery.status === 200 ? fieldsIn(discovery.text) : undefined
  if (metadata === undefined) return `without an answer of use (${describeAnswer(discovery)})`
  const { issuer } = metadata
  if (issuer !== inputs.issuer) return `with another issuer: ${String(issuer)}`
  const { "matrix.secret": secret } = observe(toBe, "yaml12", ["matrix.secret"])
  const wrong = typeof secret === "string" ? await trySharedSecret(host, mas, secret) : undefined
  if (wrong === undefined) return runs
  return wrong === "refused" ? "with another secret than the file's" : `without an answer about tokens (${wrong})`
}

/** Why it does not come up, with what MAS itself names as wrong. */
function reasonOf({ why, lines }: NotUp): string {
  return lines.length === 0 ? why : `${why}; its last words: ${masError(lines.join("\n"))}`
}
