import { once } from "node:events"
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { LoginPlaces } from "../../../components/login-surface/rule.ts"
import { type MasUnderTest, startMas } from "./mas-under-test.ts"

/** A server's public addresses, all at one: MAS as it is, behind it, and what Synapse and a site say. */
export interface LoginSite extends AsyncDisposable {
  readonly places: LoginPlaces
  readonly mas: MasUnderTest
  /** What was answered, by method and path; the latest counts. */
  readonly answered: ReadonlyMap<string, Recorded>
}

/** An answer as recordings have it: no dates, no cookies' values. */
export interface Recorded {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

const everything = ["discovery", "human", "oauth", "compat", "graphql", "assets"]

/** With a MAS whose listener has these resources. Default: those that `config generate` gives it. */
export async function startLoginSite(resources: readonly string[] = everything): Promise<LoginSite> {
  await using parts = new AsyncDisposableStack()
  const answered = new Map<string, Recorded>()
  const behind: { url?: string } = {}
  const server = createServer((asked, answer) => void pass(asked, answer, behind.url, answered))
  parts.defer(async () => {
    server.close()
    server.closeAllConnections()
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const listener = (name: string, names: readonly string[]) => ({
    name,
    resources: names.map((resource) => ({ name: resource })),
    binds: [{ host: "127.0.0.1", port: 0 }],
  })
  const http = {
    public_base: base,
    issuer: base,
    listeners: [listener("web", resources), listener("internal", ["health"])],
  }
  const mas = parts.use(await startMas({ sections: { http } }))
  behind.url = mas.url
  const kept = parts.move()
  return {
    places: {
      homeserverUrl: base,
      wellKnownUrl: `${base}well-known`,
      issuer: base,
      origin: "https://element.example.org",
    },
    mas,
    answered,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** As seen with Synapse 1.163.2; the well-known as a site has it. */
function notOfMas(path: string, base: string): object | undefined {
  if (path === "/well-known") return { "m.homeserver": { base_url: base.replace(/\/$/, "") } }
  if (path === "/_matrix/client/versions") return { versions: ["v1.11"] }
  if (path === "/_matrix/client/v1/auth_metadata") return { issuer: base }
  return undefined
}

async function pass(
  asked: IncomingMessage,
  answer: ServerResponse,
  mas: string | undefined,
  answered: Map<string, Recorded>,
): Promise<void> {
  const path = (asked.url ?? "").split("?")[0] ?? ""
  const own = notOfMas(path, `http://${asked.headers.host}/`)
  if (own !== undefined) {
    const headers = { "content-type": "application/json", "access-control-allow-origin": "*" }
    answer.writeHead(200, headers).end(JSON.stringify(own))
    answered.set(`${asked.method} ${path}`, { status: 200, headers, text: JSON.stringify(own) })
    return
  }
  const passed = request(`${mas}${asked.url}`, { method: asked.method, headers: asked.headers })
  asked.pipe(passed)
  passed.on("error", () => answer.destroy())
  const [reply] = (await once(passed, "response")) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of reply as AsyncIterable<Buffer>) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  answer.writeHead(reply.statusCode ?? 0, reply.headers).end(body)
  answered.set(`${asked.method} ${path}`, {
    status: reply.statusCode ?? 0,
    headers: recordable(reply.headers),
    text: body.toString("utf8"),
  })
}

function recordable({ date: _, connection: __, "transfer-encoding": ___, ...headers }: IncomingMessage["headers"]) {
  const cookies = headers["set-cookie"]?.map((cookie) => cookie.replace(/=[^;]*/, "=masked"))
  const all = { ...headers, ...(cookies === undefined ? {} : { "set-cookie": cookies.join(", ") }) }
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, String(value)]))
}
