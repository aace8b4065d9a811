import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { TestContext } from "node:test"
import type { LoginPlaces } from "../../../components/login-surface/rule.ts"

/** How an endpoint answers, instead of what was recorded; by method and path, as in the recording. */
export type Instead = (response: ServerResponse, recorded: Recorded) => void

export interface Recorded {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export interface RecordedSite {
  readonly places: LoginPlaces
  /** Method and path of each question, in order. */
  readonly asked: string[]
  readonly instead: Map<string, Instead>
  /** The most that were asked at the same time. */
  readonly atOnce: { most: number }
}

const recording = new URL("../../contract/recorded/login-surface.json", import.meta.url)

/** A server that answers as the real MAS 1.22.0 and Synapse 1.163.2 were recorded, but for what is told otherwise. */
export async function serveRecorded(t: TestContext): Promise<RecordedSite> {
  const text = await readFile(recording, "utf8")
  const asked: string[] = []
  const instead = new Map<string, Instead>()
  const atOnce = { now: 0, most: 0 }
  const recorded: { answers: Readonly<Record<string, Recorded>> } = { answers: {} }
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    atOnce.now += 1
    atOnce.most = Math.max(atOnce.most, atOnce.now)
    response.once("close", () => (atOnce.now -= 1))
    const question = `${request.method} ${(request.url ?? "").split("?")[0]}`
    asked.push(question)
    const known = recorded.answers[question] ?? { status: 404, headers: {}, text: "no such recording" }
    setImmediate(() => (instead.get(question) ?? asRecorded)(response, known))
  }
  const server = createServer(answer).listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  recorded.answers = JSON.parse(
    text.replaceAll("<base>", base).replaceAll("<origin>", base.slice(0, -1)),
  ) as typeof recorded.answers
  const places = {
    homeserverUrl: base,
    wellKnownUrl: `${base}well-known`,
    issuer: base,
    origin: "https://element.example.org",
  }
  return { places, asked, instead, atOnce }
}

export function asRecorded(response: ServerResponse, { status, headers, text }: Recorded): void {
  const { "content-length": _, ...rest } = headers
  response.writeHead(status, rest).end(text)
}
