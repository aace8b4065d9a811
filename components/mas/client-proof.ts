import { createHmac, randomUUID } from "node:crypto"
import { askService, below, type WebService } from "../host/ask-service.ts"
import type { Host } from "../host/host.ts"

/** A client that proves itself by a secret. */
export interface ProvingClient {
  readonly clientId: string
  readonly authMethod: string
  readonly secret: string
}

/** What MAS makes of a client's secret; `number`: the HTTP status of an answer that does not say. */
export type SecretVerdict = "taken" | "refused" | number

/**
 * Whether MAS takes a client's secret: asked of the token endpoint, with a refresh token that nobody has. A client that is
 * who it says is told `invalid_grant`, another one `invalid_client` (RFC 6749, section 5.2; seen with MAS 1.22). Where what
 * lies in its database is no secret at all, MAS fails. What it keeps of a secret is encrypted anew at each sync, so there
 * is nothing to compare.
 */
export async function trySecret(host: Host, mas: WebService, client: ProvingClient): Promise<SecretVerdict> {
  const { headers, fields } = proofOf(client, below(mas.endpoint, "oauth2/token").href)
  const answer = await askService(host, mas, {
    path: "/oauth2/token",
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: "matrix-auth-probe",
      ...fields,
    }).toString(),
  })
  if (answer.status === 401 || /"invalid_client"/.test(answer.text)) return "refused"
  return answer.status >= 500 ? answer.status : "taken"
}

function proofOf(client: ProvingClient, audience: string) {
  const { clientId, authMethod, secret } = client
  if (authMethod === "client_secret_post")
    return { headers: {}, fields: { client_id: clientId, client_secret: secret } }
  if (authMethod === "client_secret_jwt") return { headers: {}, fields: assertion(client, audience) }
  // RFC 6749, section 2.3.1: each is form-encoded first.
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`
  return { headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` }, fields: {} }
}

/** RFC 7523, section 2.2, with the client's secret as the key. */
function assertion({ clientId, secret }: ProvingClient, audience: string) {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: clientId, sub: clientId, aud: audience, jti: randomUUID(), iat: now, exp: now + 60 }
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url")
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`
  const signature = createHmac("sha256", secret).update(signed).digest("base64url")
  return {
    client_id: clientId,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: `${signed}.${signature}`,
  }
}
