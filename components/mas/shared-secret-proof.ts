import { askService, type WebService } from "../host/ask-service.ts"
import type { Host } from "../host/host.ts"
import { describeAnswer } from "../login-surface/describe-answer.ts"
import { fieldsIn } from "../login-surface/judge.ts"

/**
 * What is wrong when Synapse asks MAS about a token, with this secret; `undefined`: nothing. Who has the secret is told about
 * any token, 200 with `active`; others 401 (MAS 0.20 and later; seen with 1.22). Any other answer would let nobody in either.
 */
export async function trySharedSecret(host: Host, mas: WebService, secret: string): Promise<string | undefined> {
  const answer = await askService(host, mas, {
    path: "/oauth2/introspect",
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/x-www-form-urlencoded" },
    body: "token=matrix-auth-probe",
  })
  if (answer.status === 200 && typeof fieldsIn(answer.text)?.active === "boolean") return undefined
  return answer.status === 401 || answer.status === 403 ? "refused" : describeAnswer(answer)
}
