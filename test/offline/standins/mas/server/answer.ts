import type { IncomingMessage, ServerResponse } from "node:http"
import type { BlockList } from "node:net"
import { log } from "../logs.ts"
import { logAnswer, nextContext } from "./access-log.ts"
import { type Call, empty, Rejection, type Reply, text } from "./call.ts"
import { clientAddress } from "./client-address.ts"
import { notFound, type Route, type Router } from "./router.ts"
import type { Service } from "./service.ts"

const largestBodyBytes = 2 * 1024 * 1024

/** What one listener answers with. */
export interface Site {
  readonly router: Router
  /** Starts and ends with a slash: what the paths of the routes come after. */
  readonly prefix: string
  readonly service: Service
  readonly trusted: BlockList
}

/** Reads a request, answers it and writes its line of the access log. Nothing is thrown. */
export async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const begun = performance.now()
  const context = nextContext()
  try {
    const call = await readCall(request, site.trusted)
    const { status, headers, body } = await replyTo(call, site)
    response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) })
    response.end(call.method === "HEAD" ? "" : body)
    logAnswer({ call, context, status, elapsedMilliseconds: performance.now() - begun })
  } catch (cause) {
    log("WARN", "mas_listener::server", `Failed to serve a request: ${String(cause)}`)
    response.destroy()
  }
}

async function readCall(request: IncomingMessage, trusted: BlockList): Promise<Call> {
  const [path = "/", query = ""] = (request.url ?? "/").split(/\?(.*)/s)
  const forwarded = [request.headers["x-forwarded-for"] ?? []].flat().join(",")
  return {
    method: request.method ?? "GET",
    path,
    query: new URLSearchParams(query),
    headers: request.headers,
    body: await readBody(request),
    clientAddress: clientAddress(request.socket.remoteAddress ?? "", forwarded, trusted),
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > largestBodyBytes) throw new Error("the body is too large")
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString("utf8")
}

async function replyTo(call: Call, { router, prefix, service }: Site): Promise<Reply> {
  if (!call.path.startsWith(prefix)) return notFound(call)
  const found = router.find(call.method, call.path.slice(prefix.length - 1))
  if ("others" in found) return withoutRoute(call, found.others)
  const { route, parameters } = found
  const reply = await attempt(call, async () => route.answer(call, service, parameters))
  return route.cors ? readableByAll(reply) : reply
}

async function attempt(call: Call, work: () => Promise<Reply>): Promise<Reply> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof Rejection) return cause.reply
    log("ERROR", "mas_handlers", `${call.method} ${call.path}: ${String(cause)}`)
    return text(500, "Internal Server Error")
  }
}

/** Nothing serves this method here: a question of a browser about other origins, another method, an unknown path. */
function withoutRoute(call: Call, others: readonly Route[]): Reply {
  if (others.length === 0) return notFound(call)
  const readable = others.some(({ cors }) => cors)
  if (call.method === "OPTIONS" && readable) return readableByAll(empty(200, preflight))
  const methods = others.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]))
  const refusal = empty(405, { allow: methods.join(",") })
  return readable ? readableByAll(refusal) : refusal
}

const preflight = {
  "access-control-allow-methods": "*",
  "access-control-allow-headers": "authorization,accept,accept-language,content-language,content-type,x-requested-with",
  "access-control-max-age": "3600",
}

function readableByAll(reply: Reply): Reply {
  const vary = "origin, access-control-request-method, access-control-request-headers"
  return { ...reply, headers: { ...reply.headers, "access-control-allow-origin": "*", vary } }
}
