import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { below, wayInto } from "../../../components/host/ask-service.ts"

const container = {
  names: ["chat-synapse-1", "synapse", "0123456789ab", "matrix.internal"],
  networks: [
    { name: "idle", address: undefined },
    { name: "chat", address: "172.18.0.5" },
  ],
  publishedPorts: [{ onHost: 8448, inContainer: 8008 }],
}

/** Where each endpoint leads; `undefined`: where it says itself. */
const ways: Readonly<Record<string, string | undefined>> = {
  "http://synapse:8008/": "172.18.0.5:8008",
  "http://SYNAPSE:8008/": "172.18.0.5:8008",
  "http://chat-synapse-1/": "172.18.0.5:80",
  "https://synapse/": "172.18.0.5:443",
  "http://matrix.internal:8008/": "172.18.0.5:8008",
  "http://alias-that-nobody-tells:8008/": "172.18.0.5:8008",
  "http://host.docker.internal:8448/": "172.18.0.5:8008",
  "http://127.0.0.1:8448/": "172.18.0.5:8008",
  "http://[::1]:8448/": "172.18.0.5:8008",
  "http://host.docker.internal:9000/": "127.0.0.1:9000",
  "http://127.0.0.1:9000/": "127.0.0.1:9000",
  "https://host.docker.internal/": "127.0.0.1:443",
  "https://matrix.example.org/": undefined,
  "https://matrix.example.org:8448/": undefined,
  "http://192.0.2.7:8008/": undefined,
}

test("a service is asked where its endpoint leads", () => {
  for (const [endpoint, expected] of Object.entries(ways)) {
    const way = wayInto(container, new URL(endpoint))
    assert.equal(way && `${way.address}:${way.port}`, expected, endpoint)
  }
})

test("a container without an address of its own is asked as the endpoint says", () => {
  const alone = { ...container, networks: [] }
  assert.equal(wayInto(alone, new URL("http://synapse:8008/")), undefined)
  assert.deepEqual(wayInto(alone, new URL("http://127.0.0.1:8448/")), { address: "127.0.0.1", port: 8448 })
})

test("the endpoint's path stays before what is asked", () => {
  const part = fc.stringMatching(/^[a-z0-9._-]*[a-z0-9]$/)
  fc.assert(
    fc.property(
      fc.array(part),
      fc.constantFrom("", "/", "//"),
      fc.array(part, { minLength: 1 }),
      (base, slash, path) => {
        const asked = below(`http://mas:8080/${base.join("/")}${slash}`, `/${path.join("/")}?a=b%2F`)
        assert.equal(asked.href, `http://mas:8080/${[...base, ...path].join("/")}?a=b%2F`)
      },
    ),
  )
})
