import { randomInt } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:net"

/**
 * Below what Linux gives to outgoing connections (from 32768 on): a port among those may be somebody's before the server
 * that it was found for has started.
 */
const from = 10_000
const below = 32_768

/** Ports of loopback that nobody listens on at this moment, each another one. Drawn by lot, so that runs side by side hardly ever meet. */
export async function findFreePorts(count: number): Promise<number[]> {
  const found = new Set<number>()
  while (found.size < count) {
    const port = randomInt(from, below)
    if (await isFree(port)) found.add(port)
  }
  return [...found]
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1")
  try {
    await once(server, "listening")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error
    return false
  }
  await once(server.close(), "close")
  return true
}
