import { once } from "node:events"
import { createServer } from "node:http"

/** What a Synapse without MAS answers to the few questions of `doctor` and `manage`, as in the recording. */
const replies: Readonly<Record<string, readonly [status: number, body: object]>> = {
  "/_matrix/client/versions": [200, { versions: ["v1.11"] }],
  "/_matrix/client/v3/account/whoami": [401, { errcode: "M_UNKNOWN_TOKEN", error: "Invalid access token passed." }],
  "/_matrix/client/v3/login": [200, { flows: [{ type: "m.login.password" }, { type: "m.login.application_service" }] }],
}
const unknown = [404, { errcode: "M_UNRECOGNIZED", error: "Unrecognized request" }] as const

export interface LegacySynapse extends AsyncDisposable {
  readonly port: number
}

export async function startLegacySynapse(): Promise<LegacySynapse> {
  const server = createServer((request, response) => {
    const [status, body] = replies[request.url ?? ""] ?? unknown
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port")
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, "close")
    },
  }
}
