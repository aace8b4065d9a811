import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:net"
import { text } from "node:stream/consumers"
import { test } from "node:test"
import { localHost as host } from "../../../components/host/local-host.ts"
import { refusal } from "./scenery.ts"

test("a stream to a port carries bytes both ways", async (t) => {
  const server = createServer((socket) => socket.pipe(socket))
  t.after(() => server.close())
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  assert.ok(typeof address === "object" && address)
  const stream = await host.connect("localhost", address.port)
  stream.end("echo me")
  assert.equal(await text(stream), "echo me")
})

test("an address where nobody listens is refused with its name and port", async () => {
  const server = createServer()
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  assert.ok(typeof address === "object" && address)
  server.close()
  await once(server, "close")
  const { what } = await refusal(host.connect("127.0.0.1", address.port), "host/unreachable")
  assert.match(what, new RegExp(`127\\.0\\.0\\.1:${address.port}`))
  await refusal(host.connect("no-such-host.invalid", 80), "host/unreachable")
})
