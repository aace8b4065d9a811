import assert from "node:assert/strict"
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { createServer, type RequestListener, type Server } from "node:http"
import { createServer as createEncrypted } from "node:https"
import { text } from "node:stream/consumers"
import { type TestContext, test } from "node:test"
import type { Host } from "../../../components/host/host.ts"
import { request } from "../../../components/host/http.ts"
import { localHost } from "../../../components/host/local-host.ts"
import { selfSigned } from "../../integration/host/certificates.ts"
import { refusal, temporaryFolder } from "./scenery.ts"

async function listen(t: TestContext, server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening")
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(address && typeof address === "object")
  return address.port
}

const mirror: RequestListener = async (asked, answer) => {
  const { method, url, headers } = asked
  answer.setHeader("set-cookie", ["a=1", "b=2"])
  answer.statusCode = 418
  answer.end(JSON.stringify({ method, url, headers, body: await text(asked) }))
}

test("what is asked arrives as it is, and the answer comes back whatever its status", async (t) => {
  const port = await listen(t, createServer(mirror))
  const url = `http://localhost:${port}/a%20b?c=d&e`
  const answer = await request(undefined, { url, method: "PUT", headers: { "X-One": "1" }, body: { é: [1] } })
  assert.equal(answer.status, 418)
  assert.equal(answer.headers["set-cookie"], "a=1, b=2")
  const { headers, ...seen } = answer.json() as { headers: Record<string, string> }
  assert.deepEqual(seen, { method: "PUT", url: "/a%20b?c=d&e", body: '{"é":[1]}' })
  assert.deepEqual(
    [headers.host, headers["x-one"], headers["content-type"], headers["cache-control"]],
    [`localhost:${port}`, "1", "application/json", "no-cache"],
  )
})

test("given a host, the connection is made from there", async (t) => {
  const port = await listen(t, createServer(mirror))
  const connections: string[] = []
  const elsewhere: Host = {
    ...localHost,
    connect(address, to) {
      connections.push(`${address}:${to}`)
      return localHost.connect("127.0.0.1", port)
    },
  }
  const viaAddress = { address: "172.18.0.5", port: 8008 }
  const answer = await request(elsewhere, { url: "http://matrix.example.org/_matrix/client/versions", viaAddress })
  assert.deepEqual(connections, ["172.18.0.5:8008"])
  const { headers } = answer.json() as { headers: Record<string, string> }
  assert.equal(headers.host, "matrix.example.org")
})

test("a redirect is an answer, not an order", async (t) => {
  const port = await listen(
    t,
    createServer((_, answer) => answer.writeHead(302, { location: "/elsewhere" }).end()),
  )
  const { status, headers } = await request(undefined, { url: `http://127.0.0.1:${port}/` })
  assert.deepEqual([status, headers.location], [302, "/elsewhere"])
})

test("an answer that is not JSON is refused as that, without showing it", async (t) => {
  const port = await listen(
    t,
    createServer((_, answer) => answer.end("<html>hush-hush</html>")),
  )
  const answer = await request(undefined, { url: `http://127.0.0.1:${port}/x?token=hush` })
  assert.equal(answer.text, "<html>hush-hush</html>")
  assert.throws(answer.json, (error: Error) => /http\/not-json/.test(error.message) && !/hush/.test(error.message))
})

test("an address where nobody listens, and a server that hangs up, are refused without the secrets that were sent", async (t) => {
  const server = createServer((asked) => asked.socket.destroy())
  const port = await listen(t, server)
  const asked = {
    url: `http://127.0.0.1:${port}/x?token=hush`,
    headers: { authorization: "Bearer hush" },
    body: "hush",
  }
  assert.doesNotMatch((await refusal(request(undefined, asked), "http/unreachable")).message, /hush/)
  server.close()
  await once(server, "close")
  const { message, where } = await refusal(request(undefined, asked), "http/unreachable")
  assert.doesNotMatch(message, /hush/)
  assert.equal(where.url, `http://127.0.0.1:${port}/x`)
})

test("a server that does not answer, or never ends its answer, is given up at the limit", async (t) => {
  const port = await listen(
    t,
    createServer((asked, answer) => asked.url === "/begins" && answer.write("half")),
  )
  for (const path of ["/silent", "/begins"]) {
    const asking = request(undefined, { url: `http://127.0.0.1:${port}${path}`, timeoutSeconds: 0.3 })
    const { what } = await refusal(asking, "http/no-answer")
    assert.match(what, /0\.3 s/)
  }
})

test("a certificate that nobody vouches for is refused, and accepted once its authority is named", async (t) => {
  const { key, text: certificate } = await selfSigned(await temporaryFolder(t))
  const port = await listen(t, createEncrypted({ key: await readFile(key), cert: certificate }, mirror))
  const url = `https://localhost:${port}/`
  await refusal(request(undefined, { url }), "http/certificate-refused")
  assert.equal((await request(undefined, { url, authority: certificate })).status, 418)
  const otherName = { url: "https://matrix.example.org/", viaAddress: { address: "127.0.0.1", port } }
  await refusal(request(undefined, { ...otherName, authority: certificate }), "http/certificate-refused")
})

test("of a large answer no more is read than is wanted; a mark at its beginning is no part of it", async (t) => {
  let sent = 0
  const flood: RequestListener = (asked, answer) => {
    if (asked.url === "/small") return void answer.end("\uFEFFwhole")
    const more = () => {
      while (!answer.destroyed && answer.write("x".repeat(65_536))) sent += 65_536
      if (!answer.destroyed) answer.once("drain", more)
    }
    more()
  }
  const port = await listen(t, createServer(flood))
  const url = `http://127.0.0.1:${port}/`
  const { text: cut } = await request(undefined, { url, atMostBytes: 100_000, timeoutSeconds: 20 })
  assert.equal(cut, "x".repeat(100_000))
  assert.ok(sent < 100_000_000, `${sent} bytes were sent`)
  const { text: whole } = await request(undefined, { url: `${url}small`, atMostBytes: 100_000 })
  assert.equal(whole, "whole")
})
