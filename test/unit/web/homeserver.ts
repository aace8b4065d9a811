import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { TestContext } from "node:test"
import type { WebService } from "../../../components/host/ask-service.ts"
import { recordedExchanges } from "../../contract/http/recorded.ts"

/** What somebody answers, by path. */
export type Answers = Readonly<Record<string, readonly [status: number, body: unknown]>>

/** A server that answers like that from now on; `answers` may be changed while it serves. */
export interface Served {
  readonly url: string
  answers: Answers
  /** Method, path and query of each question, in order. */
  readonly asked: readonly string[]
}

const unknown = [404, { errcode: "M_UNRECOGNIZED", error: "Unrecognized request" }] as const

export async function serve(t: TestContext, answers: Answers): Promise<Served> {
  const asked: string[] = []
  const served = { url: "", answers, asked }
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    asked.push(`${request.method} ${request.url}`)
    const [status, body] = served.answers[(request.url ?? "").split("?")[0] ?? ""] ?? unknown
    response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body))
  }
  const server = createServer(answer).listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  served.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return served
}

/** A service that is no container: it is asked at its endpoint. */
export function serviceAt({ url }: Served): WebService {
  return { service: { name: "synapse", commands: { start: ["true"] } }, endpoint: url }
}

const client = "/_matrix/client/v3"

/** Synapse by itself, as seen with 1.163.2. */
export const legacySynapse: Answers = {
  [`${client}/login`]: [200, { flows: [{ type: "m.login.password" }, { type: "m.login.application_service" }] }],
  [`${client}/logout`]: [401, { errcode: "M_MISSING_TOKEN", error: "Missing access token" }],
  [`${client}/refresh`]: [401, { errcode: "M_UNKNOWN_TOKEN", error: "refresh token isn't valid anymore" }],
}

/** The same when MAS is in charge: it knows nothing of log-in, and tells MAS's metadata. */
export function delegatedSynapse(issuer: string): Answers {
  return { "/_matrix/client/v1/auth_metadata": [200, { issuer, token_endpoint: `${issuer}oauth2/token` }] }
}

/** MAS's own answers on the routes that are its, as seen with 1.22.0. */
export async function masRoutes(): Promise<Answers> {
  const exchanges = await recordedExchanges()
  const recorded = (name: string) => {
    const found = exchanges.find((one) => one.name === name)
    if (!found) throw new Error(`no recorded exchange ${name}`)
    return [found.status, found.json] as const
  }
  return {
    [`${client}/login`]: recorded("log-in flows by MAS"),
    [`${client}/logout`]: recorded("log-out, unknown token"),
    [`${client}/refresh`]: recorded("compat refresh, unknown"),
  }
}
