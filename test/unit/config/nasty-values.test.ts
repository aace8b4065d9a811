import assert from "node:assert/strict"
import { posix } from "node:path"
import { test } from "node:test"
import type { Mapping } from "../../../components/config/raw.ts"
import type { Settings } from "../../../components/config/settings.ts"
import { GatheredRefusals } from "../../../components/report/gathering.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { propertyRuns } from "../property-runs.ts"
import { read, validConfig } from "./valid-config.ts"

/** How many of the pairs of a key and a value are tried; 100000: all. */
const numRuns = propertyRuns(240)

/** Spread over all of them, in such steps that each key and each value has its turn. */
function sample<T>(cases: readonly T[], count: number): readonly T[] {
  // A prime that is larger than all there are: each step lands on another one.
  const picked = Array.from({ length: Math.min(count, cases.length) }, (_, nth) => (nth * 999_983) % cases.length)
  return picked.flatMap((index) => cases.slice(index, index + 1))
}

/** Every key of the config, with a value that does. */
const complete: Mapping = {
  ...validConfig,
  authentication: "legacy",
  host: { kind: "local", stateFolder: "/var/lib/matrix-auth/example.org", leaseSeconds: 120 },
  synapse: {
    ...validConfig.synapse,
    qrCodeEndpoint: "https://auth.example.org/qr",
    takeOver: ["enable_registration"],
    commands: { start: ["true"], stop: ["true"], restart: ["true"] },
  },
  mas: { ...validConfig.mas, cleanLogSeconds: 3, commands: { start: ["true"], stop: ["true"], restart: ["true"] } },
  databases: { synapse: { container: "postgres", port: 5432 }, mas: { host: "db.internal", port: 5432 } },
  backup: {
    folder: "/var/backups/matrix",
    copy: true,
    copyTo: "out/a",
    keep: 3,
    maxAgeMinutes: 60,
    media: false,
    include: ["/srv/compose.yaml"],
    programs: { mas: ["docker"] },
  },
  evidence: { copyTo: "out/b", maxAgeMinutes: 60 },
  wellKnown: {
    ...validConfig.wellKnown,
    url: "https://example.org/.well-known/matrix/client",
    container: "wellknown",
    commands: { reload: ["true"] },
  },
  element: { ...validConfig.element, container: "element", minimumVersion: "1.11.50", commands: { restart: ["true"] } },
  clients: [
    {
      name: "element",
      id: "01JD1CWWZ3K8V4Q2R5T7Y9BMNP",
      clientName: "Element",
      clientUri: "https://element.example.org/",
      authMethod: "none",
      redirectUris: ["https://element.example.org/"],
    },
    {
      name: "panel",
      authMethod: "client_secret_basic",
      secretFile: "/run/secrets/panel",
      redirectUris: ["https://panel.example.org/"],
    },
  ],
  acknowledge: { guests: 1 },
  rehearsal: { certificate: "out/certificate.json", maxAgeDays: 3, override: "a copy for trying out" },
  rollback: { meant: true },
  lab: false,
}

const texts = [
  ...[
    "..",
    ".",
    "/",
    "//",
    "/.",
    "/etc",
    "/srv/..",
    "/srv/../etc",
    "/srv//synapse/./homeserver.yaml",
    "-rf",
    "--help",
    "~",
    "~/x",
  ],
  ...[
    "a\tb",
    "a\nb",
    "a\u0000b",
    "\u001b[2J",
    "::set-output name=x::y",
    "\u202egro.elpmaxe",
    " ",
    "a b",
    "\\",
    "'",
    '"',
    "`id`",
    "$(id)",
    ";",
    "%00",
    "%2e%2e",
  ],
  ...[
    "https://auth.example.org\\@evil.example/",
    "https://auth.example.org//",
    "https://auth.exa\tmple.org/",
    "https://auth.example.org/\n",
    "https:auth.example.org/",
  ],
  ...[
    "https://auth.example.org/a//b/",
    "https://auth.example.org/../../",
    "https://user@auth.example.org/",
    "https://[::1/",
    "https://auth.example.org:99999/",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "//evil.example/",
  ],
  ...[
    "toString",
    "constructor",
    "__proto__",
    "hasOwnProperty",
    "valueOf",
    "null",
    "undefined",
    "NaN",
    "1e999",
    "0x10",
    "x".repeat(5_000),
    "example.org..",
    ".example.org",
    "example.org:99999",
    "[::1]:0",
  ],
]
const values: readonly unknown[] = [
  ...texts,
  null,
  0,
  -1,
  1e308,
  Number.NaN,
  true,
  [],
  [[]],
  [null],
  [""],
  {},
  { toString: 1 },
  { secure: "x" },
  nested(200),
]
const names = [
  "toString",
  "constructor",
  "__proto__",
  "hasOwnProperty",
  "valueOf",
  "isPrototypeOf",
  "",
  " ",
  "a.b",
  "0",
  "\u001b[2J",
  "::error::",
]

test("the config that holds every key is fine as it stands", () => {
  read(complete)
})

test("whatever stands at a key, it is fine and safe, or a mistake with its path; never anything else", () => {
  const cases = pathsIn(complete).flatMap((path) => values.map((value) => ({ path, value })))
  let [accepted, refused] = [0, 0]
  for (const { path, value } of sample(cases, numRuns)) {
    const settings = outcome(changedAt(complete, path, value), path[0] ?? "")
    if (settings === undefined) refused += 1
    else accepted += 1
    if (settings) demandSafe(settings, `${path.join(".")}: ${JSON.stringify(value)}`)
  }
  assert.ok(accepted > numRuns / 20 && refused > numRuns / 3, `${accepted} accepted, ${refused} refused`)
})

test("what was seen to get through is refused at every key that it could stand at", () => {
  const seen = {
    serverName: ["..", "example.org:99999"],
    "mas.issuer": ["https://auth.example.org\\@evil.example/", "https://a.example//", "https://a.exa\tmple/"],
  }
  for (const [path, bad] of Object.entries(seen)) {
    for (const value of bad)
      assert.equal(outcome(changedAt(complete, path.split("."), value), path.split(".")[0] ?? ""), undefined, value)
  }
})

test("a mapping with a `toString` of its own is a mistake wherever a text belongs", () => {
  for (const path of pathsIn(complete)) outcome(changedAt(complete, path, { toString: 1 }), path[0] ?? "")
})

test("a key that nobody knows is a mistake with its path wherever it is, whatever it is called", () => {
  const cases = [[], ...mappingsIn(complete)].flatMap((path) => names.map((name) => ({ path, name })))
  for (const { path, name } of sample(cases, numRuns / 4)) {
    const raw = changedAt(complete, [...path, name], { x: 1 })
    assert.equal(outcome(raw, path[0] ?? ""), undefined, `${path.join(".")} takes ${JSON.stringify(name)}`)
  }
})

test("one file under two spellings is one file", () => {
  const spellings = [
    "/srv/synapse/homeserver.yaml",
    "/srv//synapse/homeserver.yaml",
    "/srv/./synapse/homeserver.yaml",
    "//srv/synapse/homeserver.yaml",
  ]
  for (const path of [
    ["mas", "config"],
    ["wellKnown", "file"],
    ["element", "config"],
  ]) {
    for (const spelling of spellings)
      assert.equal(outcome(changedAt(complete, path, spelling), path[0] ?? ""), undefined, spelling)
  }
})

test("a folder of ours is none that others need: it is shut for everybody else", () => {
  for (const folder of ["/", "/srv", "/srv/synapse", "/srv/synapse/", "/srv//mas", "/var"]) {
    for (const path of [
      ["host", "stateFolder"],
      ["backup", "folder"],
    ]) {
      assert.equal(outcome(changedAt(complete, path, folder), path[0] ?? ""), undefined, `${path.join(".")}: ${folder}`)
    }
  }
  outcome(changedAt(complete, ["host", "stateFolder"], "/srv/synapse/matrix-auth"), "") ??
    assert.fail("a folder in it is fine")
})

/** `undefined` where it is refused, as a mistake of the config that names where. */
function outcome(raw: Mapping, section: string): Settings | undefined {
  try {
    return read(raw).settings
  } catch (error) {
    assert.ok(error instanceof Refusal && !(error instanceof GatheredRefusals), String((error as Error)?.stack))
    assert.equal(error.code, "config/invalid")
    const lines = error.next.split("\n").slice(1)
    assert.ok(
      lines.length > 0 && lines.every((line) => /^ {2}- .+: found .+; expected .+; for example ./.test(line)),
      error.next,
    )
    if (section !== "")
      assert.ok(
        lines.some((line) => line.includes(section)),
        `${section} is not named:\n${error.next}`,
      )
    return undefined
  }
}

function demandSafe(settings: Settings, what: string): void {
  const { host, backup, synapse, mas, wellKnown, element, serverName } = settings
  const folders = [host.stateFolder, backup.folder ?? "/var/backups/x"]
  const files = [synapse.homeserverYaml, mas.config, wellKnown.file, element.config, ...backup.include]
  for (const path of [...folders, ...files]) {
    assert.equal(path, posix.normalize(path), what)
    assert.match(path, /^\/[^\p{Cc}\p{Cf}]*[^/]$/u, what)
  }
  for (const folder of folders) assert.match(folder, /^\/[^/]+\/[^/]/, what)
  for (const url of [synapse.url, mas.issuer, mas.endpoint, mas.synapseEndpoint, wellKnown.url, element.url]) {
    assert.equal(new URL(url).href, url, what)
    assert.doesNotMatch(url.slice("https://".length), /\/\/|\\|@|[\p{Cc}\s]/u, what)
  }
  assert.match(serverName, /^[A-Za-z0-9[]/, what)
  assert.doesNotMatch(serverName, /\.\.|\.$|\.:/, what)
}

function pathsIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path]
  const below = Object.entries(value).flatMap(([key, part]) => pathsIn(part, [...path, key]))
  return path.length === 0 ? below : [path, ...below]
}

function mappingsIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return []
  const below = Object.entries(value).flatMap(([key, part]) => mappingsIn(part, [...path, key]))
  return path.length === 0 || Array.isArray(value) ? below : [path, ...below]
}

/** As JSON has it: `__proto__` is a key like any other. */
function changedAt(value: unknown, [key, ...rest]: readonly string[], to: unknown): Mapping {
  if (key === undefined) return to as Mapping
  if (Array.isArray(value))
    return value.map((part, index) => (String(index) === key ? changedAt(part, rest, to) : part)) as unknown as Mapping
  const own = typeof value === "object" && value !== null ? Object.entries(value) : []
  const old = own.find(([name]) => name === key)?.[1]
  return Object.fromEntries([...own.filter(([name]) => name !== key), [key, changedAt(old, rest, to)]])
}

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)]
}
