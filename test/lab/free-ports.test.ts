import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:net"
import { test } from "node:test"
import { findFreePorts } from "./free-ports.ts"

test("ports are free, each another one, and none that an outgoing connection may get first", async () => {
  const ports = await findFreePorts(50)
  assert.equal(new Set(ports).size, 50)
  assert.ok(ports.every((port) => port < 32_768))
  for (const port of ports) {
    const server = createServer().listen(port, "127.0.0.1")
    await once(server, "listening")
    await once(server.close(), "close")
  }
})
