import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import type { RecordedCall } from "./recorded.ts"

/** The few endpoints of a homeserver that MAS calls, on loopback, and what was called there. */
export interface FakeSynapse extends AsyncDisposable {
  readonly url: string
  /** Every call so far, in order. */
  readonly calls: readonly RecordedCall[]
  /** Takes the calls of before out of sight. */
  forget(): void
  /** From now on every call is refused with 503, or answered again. */
  refuse(refuses: boolean): void
}

export async function startFakeSynapse(): Promise<FakeSynapse> {
  const calls: RecordedCall[] = []
  const known = new Set<string>()
  const world = { refuses: false }
  const server = createServer((request, response) => {
    const answered = readCall(request).then((call) => {
      const status = world.refuses ? 503 : statusOf(call, known)
      calls.push({ ...call, status, response: {} })
      response.writeHead(status, { "content-type": "application/json" }).end("{}")
    })
    // A test that is over kills its MAS, be it in the midst of a call.
    answered.catch(() => response.destroy())
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port")
  return {
    url: `http://127.0.0.1:${address.port}/`,
    calls,
    forget: () => void calls.splice(0),
    refuse: (refuses) => {
      world.refuses = refuses
    },
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, "close")
    },
  }
}

type Asked = Pick<RecordedCall, "method" | "path" | "authorization" | "request">

async function readCall(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString("utf8")
  return {
    method: request.method ?? "",
    path: request.url ?? "",
    authorization: request.headers.authorization ?? "",
    request: body === "" ? null : (JSON.parse(body) as unknown),
  }
}

/** 201 for what is new here, 200 for what is not, as Synapse says of users and devices. */
function statusOf({ path, request }: Asked, known: Set<string>): number {
  const making = /\/(upsert_device|provision_user)$/.exec(path)?.[1]
  if (making === undefined) return 200
  const { localpart, device_id } = request as { localpart: string; device_id?: string }
  const thing = `${making} ${localpart} ${device_id ?? ""}`
  if (known.has(thing) || (making === "provision_user" && ["alice", "bob"].includes(localpart))) return 200
  known.add(thing)
  return 201
}
