import { connect } from "node:net"
import type { Duplex } from "node:stream"
import { Refusal } from "../report/refusal.ts"

const limitSeconds = 10

export async function connectLocally(address: string, port: number): Promise<Duplex> {
  const socket = connect({ host: address, port, noDelay: true })
  return new Promise((resolve, reject) => {
    const fail = (cause?: Error) => {
      socket.destroy()
      reject(unreachable(address, port, cause))
    }
    socket.setTimeout(limitSeconds * 1000, fail)
    socket.once("error", fail)
    socket.once("connect", () => {
      socket.setTimeout(0)
      socket.removeAllListeners("timeout")
      socket.removeListener("error", fail)
      resolve(socket)
    })
  })
}

function unreachable(address: string, port: number, cause?: Error): Refusal {
  const reason = cause ? messageOf(cause) : `no answer within ${limitSeconds} s`
  return new Refusal({
    code: "host/unreachable",
    what: `Nothing can be reached at ${address}:${port} (${reason})`,
    where: { host: "this machine" },
    meaning: "Nothing was sent and nothing was changed.",
    next: "Check that the service runs, and the address and port it listens on.",
    cause,
  })
}

/** A name with several addresses fails with one error for each and no message of its own. */
function messageOf(cause: Error): string {
  return cause instanceof AggregateError ? cause.errors.map((one: Error) => one.message).join("; ") : cause.message
}
