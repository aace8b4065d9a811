import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** What a client of Postgres said before it was turned away. */
export interface Asked {
  readonly by: "tcp" | "socket"
  readonly user: string | undefined
  /** As it was sent; the server takes the user's name where there is none. */
  readonly database: string | undefined
  readonly options: string | undefined
  /** In clear, since that is what it is asked for; `undefined`: it had none and went away. */
  readonly password: string | undefined
}

/** Speaks the beginning of Postgres' protocol, notes who asks for what, and lets nobody in. */
export interface NotingPostgres extends AsyncDisposable {
  readonly port: number
  /** Folder of the Unix socket, which goes by the port as libpq has it. */
  readonly socketDirectory: string
  /** What was asked since the last call, the first first. */
  take(): Asked[]
}

export async function startNotingPostgres(): Promise<NotingPostgres> {
  const folder = await mkdtemp(join(tmpdir(), "noting-postgres-"))
  const asked: Asked[] = []
  const tcp = createServer((socket) => note(socket, "tcp", asked))
  await once(tcp.listen(0, "127.0.0.1"), "listening")
  const address = tcp.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  const unix = createServer((socket) => note(socket, "socket", asked))
  await once(unix.listen(join(folder, `.s.PGSQL.${address.port}`)), "listening")
  return {
    port: address.port,
    socketDirectory: folder,
    take: () => asked.splice(0),
    async [Symbol.asyncDispose]() {
      await Promise.all([tcp, unix].map(close))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function close(server: Server): Promise<void> {
  server.close()
  await once(server, "close")
}

const sslRequest = 80877103
const gssRequest = 80877104

function note(socket: Socket, by: Asked["by"], asked: Asked[]): void {
  let bytes: Buffer = Buffer.alloc(0)
  let startup: Readonly<Record<string, string>> | undefined
  socket.on("error", () => {})
  const turnAway = (password: string | undefined) => {
    if (startup === undefined) return
    const { user, database, options } = startup
    asked.push({ by, user, database, options, password })
    startup = undefined
    socket.end(refusal())
  }
  const hear = (message: Buffer) => {
    if (startup !== undefined) return turnAway(message.subarray(0, -1).toString())
    if ([sslRequest, gssRequest].includes(message.readInt32BE(0))) return void socket.write("N")
    startup = pairs(message.subarray(4))
    socket.write(askForPassword)
  }
  socket.on("end", () => {
    turnAway(undefined)
    socket.end()
  })
  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk])
    for (let next = messageIn(bytes, startup === undefined); next; next = messageIn(bytes, startup === undefined)) {
      bytes = bytes.subarray(next.end)
      hear(next.message)
    }
  })
}

const askForPassword = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])

/** The first message, without its head; all but the first of a connection begin with a letter. */
function messageIn(bytes: Buffer, isFirst: boolean): { readonly message: Buffer; readonly end: number } | undefined {
  const head = isFirst ? 4 : 5
  if (bytes.length < head) return undefined
  const end = bytes.readInt32BE(head - 4) + head - 4
  return bytes.length < end ? undefined : { message: bytes.subarray(head, end), end }
}

function pairs(bytes: Buffer): Record<string, string> {
  const words = bytes.toString().split("\0")
  const found: Record<string, string> = {}
  for (let at = 0; at + 1 < words.length && words[at] !== ""; at += 2) found[words[at] ?? ""] = words[at + 1] ?? ""
  return found
}

function refusal(): Buffer {
  const fields = Buffer.from("SFATAL\0VFATAL\0C28P01\0Mnobody is let in here\0\0")
  const head = Buffer.alloc(5)
  head.write("E")
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}
