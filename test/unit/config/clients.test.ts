import assert from "node:assert/strict"
import { test } from "node:test"
import { derivedClientId } from "../../../components/mas/client-id.ts"
import { changed, mistakesIn, read } from "./valid-config.ts"

const id = "01JD1CWWZ3K8V4Q2R5T7Y9BMNP"
const secretKeys = new Set(["clientSecrets"])
const confidential = { name: "admin_panel", authMethod: "client_secret_basic" }

interface Case {
  readonly name: string
  readonly clients: unknown
  readonly clientSecrets?: unknown
  readonly path: string
  readonly says: string
}

const cases: readonly Case[] = [
  {
    name: "an id that is no ULID is refused",
    clients: [{ name: "a", id: "element" }],
    path: "clients[0].id",
    says: "a ULID has 26 characters",
  },
  {
    name: "an id with a letter that no ULID has is refused",
    clients: [{ name: "a", id: id.replace("J", "U") }],
    path: "clients[0].id",
    says: 'no "U"',
  },
  {
    name: "an id that does not fit is refused",
    clients: [{ name: "a", id: id.replace("0", "8") }],
    path: "clients[0].id",
    says: "128 bits",
  },
  {
    name: "two clients of one id are refused, in whatever case it is written",
    clients: [
      { name: "a", id },
      { name: "b", id: id.toLowerCase() },
    ],
    path: "clients[1].id",
    says: "clients[0] has it",
  },
  {
    name: "two clients of one name are refused",
    clients: [{ name: "a" }, { name: "A" }],
    path: "clients[1].name",
    says: "clients[0] has it",
  },
  {
    name: "a redirect with a fragment is refused",
    clients: [{ name: "a", redirectUris: ["https://x.example/#/cb"] }],
    path: "clients[0].redirectUris[0]",
    says: "no fragment",
  },
  {
    name: "a redirect with a wildcard is refused",
    clients: [{ name: "a", redirectUris: ["https://x.example/", "https://*.example/"] }],
    path: "clients[0].redirectUris[1]",
    says: "no wildcards",
  },
  {
    name: "redirects that are no list are refused",
    clients: [{ name: "a", redirectUris: "https://x.example/" }],
    path: "clients[0].redirectUris",
    says: "expected a list",
  },
  {
    name: "a confidential client without secret is refused",
    clients: [confidential],
    path: "clients[0].authMethod",
    says: "pulumi config set --secret --path clientSecrets.admin_panel",
  },
  {
    name: "a public client with a secret is refused",
    clients: [{ name: "a" }],
    clientSecrets: { a: "hunter2" },
    path: "clients[0].authMethod",
    says: "a public client has no secret",
  },
  {
    name: "a public client with a secret file is refused",
    clients: [{ name: "a", secretFile: "/run/a" }],
    path: "clients[0].authMethod",
    says: "a public client has no secret",
  },
  {
    name: "a secret in two places is refused",
    clients: [{ ...confidential, secretFile: "/run/a" }],
    clientSecrets: { admin_panel: "hunter2" },
    path: "clients[0].secretFile",
    says: "clientSecrets.admin_panel is there as well",
  },
  {
    name: "keys are wanted where the method says so",
    clients: [{ name: "a", authMethod: "private_key_jwt" }],
    path: "clients[0].jwksUri",
    says: "private_key_jwt needs it",
  },
  {
    name: "a secret beside the keys' method is refused",
    clients: [{ name: "a", authMethod: "private_key_jwt", jwksUri: "https://x.example/jwks" }],
    clientSecrets: { a: "hunter2" },
    path: "clients[0].authMethod",
    says: "has keys instead",
  },
  {
    name: "keys beside a secret are refused",
    clients: [{ ...confidential, secretFile: "/run/a", jwksUri: "https://x.example/jwks" }],
    path: "clients[0].jwksUri",
    says: "has a secret instead",
  },
  {
    name: "an unknown method is refused",
    clients: [{ name: "a", authMethod: "magic" }],
    path: "clients[0].authMethod",
    says: "one of none, client_secret_basic",
  },
  {
    name: "a secret within a client is shown the way, not shown",
    clients: [{ ...confidential, secretFile: "/run/a", secret: "hunter2" }],
    path: "clients[0].secret",
    says: "clientSecrets",
  },
  {
    name: "a client without a name is refused",
    clients: [{ redirectUris: [] }],
    path: "clients[0].name",
    says: "found nothing",
  },
  {
    name: "a secret of nobody is refused",
    clients: [{ name: "element" }],
    clientSecrets: { elemnt: "hunter2" },
    path: "clientSecrets.elemnt",
    says: "did you mean element?",
  },
  {
    name: "clients that are no list are refused",
    clients: { element: {} },
    path: "clients",
    says: "a list of clients",
  },
]

for (const { name, clients, clientSecrets, path, says } of cases) {
  test(name, () => {
    const mistakes = mistakesIn(changed({ clients, clientSecrets }), { secretKeys })
    assert.equal(mistakes.length, 1, mistakes.join("\n"))
    assert.ok(mistakes[0]?.startsWith(`${path}: found `), mistakes[0])
    assert.ok(mistakes[0]?.includes(says), mistakes[0])
    assert.ok(!mistakes[0]?.includes("hunter2"))
  })
}

test("one mistake in a client hides no other, in it or beside it", () => {
  const mistakes = mistakesIn(
    changed({ clients: [{ ...confidential, id: "x", redirectUris: ["y"] }, { name: "Admin_Panel" }] }),
  )
  const paths = mistakes.map((line) => line.split(":")[0])
  assert.deepEqual(paths.toSorted(), [
    "clients[0].authMethod",
    "clients[0].id",
    "clients[0].redirectUris[0]",
    "clients[1].name",
  ])
})

test("a client without an id gets a stable one derived from stack and name, and people are told", () => {
  const { settings, notes } = read(changed({ clients: [{ name: "matrix_pc" }] }), { stack: "prod" })
  const derived = derivedClientId({ stack: "prod", name: "matrix_pc" })
  assert.equal(settings.clients[0]?.id, derived)
  assert.ok(notes.some((note) => note.includes(derived) && note.includes("matrix_pc")))
})

test("a loopback redirect on any port ends as what MAS accepts, and people are told", () => {
  const { settings, notes } = read(
    changed({ clients: [{ name: "matrix_pc", redirectUris: ["http://127.0.0.1:*/callback"] }] }),
  )
  assert.deepEqual(settings.clients[0]?.redirectUris, ["http://127.0.0.1/callback"])
  assert.ok(notes.some((note) => note.includes("every port of 127.0.0.1")))
})

test("a redirect that stands there twice is taken once", () => {
  const redirectUris = ["https://x.example", "https://x.example:443/"]
  const { settings, notes } = read(changed({ clients: [{ name: "a", redirectUris }] }))
  assert.deepEqual(settings.clients[0]?.redirectUris, ["https://x.example/"])
  assert.ok(notes.some((note) => note.includes("stood there twice")))
})

test("a secret that is stored encrypted is accepted, and is nowhere in the settings", () => {
  const raw = changed({ clients: [confidential], clientSecrets: { admin_panel: "hunter2" } })
  const { settings, notes } = read(raw, { secretKeys })
  assert.deepEqual(settings.clients[0]?.credential, { kind: "secret" })
  assert.ok(!JSON.stringify([settings, notes]).includes("hunter2"))
})

test("a secret that is stored in the clear is refused, and not shown", () => {
  const mistakes = mistakesIn(changed({ clients: [confidential], clientSecrets: { admin_panel: "hunter2" } }))
  assert.equal(mistakes.length, 1)
  assert.match(mistakes[0] ?? "", /^clientSecrets\.admin_panel: found a value that is not shown .*in the clear/)
})

test("a secret in the clear beside an encrypted one is refused where the stack's file is at hand", () => {
  const clients = [confidential, { ...confidential, name: "bot" }]
  const raw = changed({ clients, clientSecrets: { admin_panel: "hunter2", bot: "hunter3" } })
  const stored = { clientSecrets: { admin_panel: { secure: "v1:abc" }, bot: "hunter3" } }
  const paths = mistakesIn(raw, { secretKeys, stored }).map((line) => line.split(":")[0])
  assert.deepEqual(paths, ["clientSecrets.bot"])
})

test("secrets that are encrypted as a whole are accepted", () => {
  const raw = changed({ clients: [confidential], clientSecrets: { admin_panel: "hunter2" } })
  assert.deepEqual(mistakesIn(raw, { secretKeys, stored: { clientSecrets: { secure: "v1:abc" } } }), [])
})

test("nothing of a section that is stored encrypted is shown", () => {
  const mistakes = mistakesIn(changed({ mas: { issuer: "hunter2" } }), { secretKeys: new Set(["mas"]) })
  assert.match(mistakes[0] ?? "", /^mas\.issuer: found a value that is not shown/)
})

test("a password within an address is not shown", () => {
  const mistakes = mistakesIn(changed({ mas: { endpoint: "http://user:hunter2@mas:8080/" } }))
  assert.equal(mistakes.length, 1)
  assert.ok(!mistakes[0]?.includes("hunter2"))
})
