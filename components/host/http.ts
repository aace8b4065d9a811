import { once } from "node:events"
import { request as beginRequest, type IncomingMessage } from "node:http"
import { isIP } from "node:net"
import type { Duplex } from "node:stream"
import { connect as encrypt, rootCertificates } from "node:tls"
import type { Host } from "./host.ts"
import { refuseExchange, refuseJson } from "./http-refusals.ts"
import { localHost } from "./local-host.ts"

export interface HttpRequest {
  /** Absolute, `http` or `https`. */
  readonly url: string
  /** Default: GET. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Text as it is, or anything else as JSON with its content type. */
  readonly body?: string | object
  /**
   * Where to connect in place of what the URL says; the URL's host still goes into the Host header and the TLS
   * handshake. @example { address: "172.18.0.5", port: 8008 }
   */
  readonly viaAddress?: { readonly address: string; readonly port: number }
  /** A certificate authority to trust besides those known, in PEM. */
  readonly authority?: string
  /** For all of it. Default: 15. */
  readonly timeoutSeconds?: number
  /** Of the body no more is read than about that; what comes after it is left out. Default: all of it. */
  readonly atMostBytes?: number
}

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case; what came several times is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** Throws `http/not-json`. */
  json(): unknown
}

/**
 * Asks by HTTP/1.1: from the operator's machine, or, given a host, as seen from there. Resolves whatever the status is.
 * Follows no redirect, keeps no cache and no connection. Throws `http/unreachable`, `http/no-answer`,
 * `http/certificate-refused`; none of them shows the URL's query, the headers or the body.
 */
export async function request(host: Host | undefined, wanted: HttpRequest): Promise<HttpAnswer> {
  const { timeoutSeconds = 15 } = wanted
  const from = host ?? localHost
  const url = new URL(wanted.url)
  const limit = AbortSignal.timeout(timeoutSeconds * 1000)
  let stream: Duplex | undefined
  try {
    stream = await open(from, url, wanted)
    return await exchange(stream, url, wanted, limit)
  } catch (error) {
    throw refuseExchange(error, { from: from.name, url, timeoutSeconds, isTooLate: limit.aborted })
  } finally {
    stream?.destroy()
  }
}

async function open(from: Host, url: URL, { viaAddress, authority }: HttpRequest): Promise<Duplex> {
  const isEncrypted = url.protocol === "https:"
  const hostname = url.hostname.replace(/^\[|\]$/g, "")
  const { address, port } = viaAddress ?? { address: hostname, port: Number(url.port) || (isEncrypted ? 443 : 80) }
  const stream = await from.connect(address, port)
  if (!isEncrypted) return stream
  const ca = authority === undefined ? {} : { ca: [...rootCertificates, authority] }
  return encrypt({ socket: stream, host: hostname, servername: isIP(hostname) ? "" : hostname, ...ca })
}

async function exchange(stream: Duplex, url: URL, wanted: HttpRequest, limit: AbortSignal): Promise<HttpAnswer> {
  const { text, headers } = bodyOf(wanted)
  const asking = beginRequest({
    createConnection: () => stream,
    method: wanted.method ?? "GET",
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, "cache-control": "no-cache", connection: "close", ...headers, ...wanted.headers },
    signal: limit,
  })
  asking.end(text)
  const [answer] = (await once(asking, "response")) as [IncomingMessage]
  return answered(answer, await textOf(answer, wanted.atMostBytes ?? Number.POSITIVE_INFINITY), url)
}

async function textOf(answer: IncomingMessage, atMostBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > atMostBytes) break
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks))
  return bytes > atMostBytes ? text.slice(0, atMostBytes) : text
}

function bodyOf({ body }: HttpRequest): { text: string | undefined; headers: Record<string, string> } {
  if (body === undefined) return { text: undefined, headers: {} }
  const text = typeof body === "string" ? body : JSON.stringify(body)
  const length = { "content-length": String(Buffer.byteLength(text)) }
  return { text, headers: typeof body === "string" ? length : { "content-type": "application/json", ...length } }
}

function answered(answer: IncomingMessage, text: string, url: URL): HttpAnswer {
  const headers = Object.entries(answer.headersDistinct).map(([name, values = []]) => [name, values.join(", ")])
  const status = answer.statusCode ?? 0
  const json = () => {
    try {
      return JSON.parse(text)
    } catch {
      throw refuseJson(status, url)
    }
  }
  return { status, headers: Object.fromEntries(headers), text, json }
}
