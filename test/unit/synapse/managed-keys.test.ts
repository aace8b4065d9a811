import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { test } from "node:test"
import fc from "fast-check"
import { absent, isAbsent } from "../../../components/documents/json-value.ts"
import { parseKeyPath } from "../../../components/documents/key-path.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { takeOverKeys } from "../../../components/synapse/conflicting-keys.ts"
import type { Homeserver } from "../../../components/synapse/homeserver.ts"
import {
  type Delegation,
  keysWhenDelegated,
  keysWhenLegacy,
  type ManagedKey,
} from "../../../components/synapse/managed-keys.ts"
import { whatStopsStart } from "../../../components/synapse/start-rules.ts"
import { parseSynapseVersion } from "../../../components/synapse/versions.ts"

const delegation: Delegation = {
  version: parseSynapseVersion("1.163.2"),
  endpoint: "http://mas:8080/",
  secret: { value: "s3cret" },
  takeOver: [],
  kept: [],
}

function wanted(homeserver: Homeserver, change: Partial<Delegation> = {}): Record<string, unknown> {
  const keys = keysWhenDelegated(homeserver, { ...delegation, ...change })
  return Object.fromEntries(keys.map(({ path, value }) => [path, value]))
}

/** Writes keys into a plain object, as the documents engine writes them into a text. */
function write(homeserver: Homeserver, keys: readonly Pick<ManagedKey, "path" | "value">[]): Homeserver {
  const copy = structuredClone(homeserver) as Record<string, unknown>
  for (const { path, value } of keys) {
    const steps = parseKeyPath(path).map(String)
    const last = steps.pop() ?? ""
    const section = steps.reduce((at, step) => {
      at[step] ??= {}
      return at[step] as Record<string, unknown>
    }, copy)
    if (isAbsent(value)) delete section[last]
    else section[last] = value
  }
  return copy
}

const block = {
  "matrix_authentication_service.enabled": true,
  "matrix_authentication_service.endpoint": "http://mas:8080/",
  "matrix_authentication_service.secret": "s3cret",
}

test("a plain legacy file gets the block and nothing else", () => {
  assert.deepEqual(wanted({ server_name: "x", password_config: { pepper: "p" } }), block)
})

test("passwords that are turned on are turned off, being MAS's from then on", () => {
  for (const enabled of [true, "only_for_reauth"]) {
    assert.deepEqual(wanted({ password_config: { enabled } }), { ...block, "password_config.enabled": false })
  }
})

test("the secret is marked as one, and nothing else of the block is", () => {
  const secret = keysWhenDelegated({}, delegation).filter((key) => key.secret)
  assert.deepEqual(
    secret.map(({ path }) => path),
    ["matrix_authentication_service.secret"],
  )
})

test("a secret in a file takes the place of one in homeserver.yaml, and the other way round", () => {
  const inFile = wanted({ matrix_authentication_service: { secret: "old" } }, { secret: { path: "/run/secret" } })
  assert.equal(inFile["matrix_authentication_service.secret_path"], "/run/secret")
  assert.deepEqual(inFile["matrix_authentication_service.secret"], absent)
  const inline = wanted({ matrix_authentication_service: { secret_path: "/run/secret" } })
  assert.equal(inline["matrix_authentication_service.secret"], "s3cret")
  assert.deepEqual(inline["matrix_authentication_service.secret_path"], absent)
})

test("the experimental mode goes when the block comes, even where it says enabled: false", () => {
  for (const enabled of [true, false]) {
    const keys = wanted({ experimental_features: { msc3861: { enabled }, msc4222_enabled: true } })
    assert.deepEqual(keys, { ...block, "experimental_features.msc3861": absent })
  }
})

test("log-in by QR code comes with the block", () => {
  const keys = wanted({}, { qrCodeEndpoint: "https://auth.example.org/rendezvous" })
  assert.equal(keys["experimental_features.msc4108_delegation_endpoint"], "https://auth.example.org/rendezvous")
})

test("log-in by QR code is refused where this Synapse would not start with it", () => {
  const change = { qrCodeEndpoint: "https://auth.example.org/r", version: parseSynapseVersion("1.136.0") }
  assert.throws(() => wanted({}, change), isConflict("experimental_features.msc4108_delegation_endpoint"))
})

function isConflict(...texts: readonly string[]) {
  return (error: unknown) => {
    assert.ok(error instanceof Refusal)
    assert.equal(error.code, "synapse/conflicting-keys")
    for (const text of texts) assert.ok(error.message.includes(text), error.message)
    return true
  }
}

test("ways to log in and policies go only when they are named, and all of them are told at once", () => {
  const homeserver = { oidc_providers: [{ idp_id: "dex" }], enable_registration: true, session_lifetime: "24h" }
  const next = "synapse.takeOver: [enable_registration, oidc_providers, session_lifetime]"
  assert.throws(() => wanted(homeserver), isConflict("SSO cannot be enabled", "session_lifetime cannot be set", next))
  assert.throws(() => wanted(homeserver, { takeOver: ["oidc_providers"] }), isConflict("enable_registration"))
  assert.deepEqual(wanted(homeserver, { takeOver: ["oidc_providers", "enable_registration", "session_lifetime"] }), {
    ...block,
    enable_registration: false,
    oidc_providers: absent,
    session_lifetime: absent,
  })
})

test("a key that is named but conflicts with nothing is left alone", () => {
  assert.deepEqual(wanted({ enable_registration: false }, { takeOver: ["enable_registration", "cas_config"] }), block)
})

test("a conflict that cannot be taken over is named with what to do", () => {
  const homeserver = { experimental_features: { msc4388_mode: "sometimes" } }
  assert.throws(() => wanted(homeserver), isConflict("msc4388_mode", "take the keys out of homeserver.yaml"))
})

test("a Synapse that is too old is refused before anything else", () => {
  const version = parseSynapseVersion("1.135.2")
  assert.throws(
    () => wanted({ oidc_providers: [{}] }, { version }),
    (error) => error instanceof Refusal && error.code === "synapse/too-old",
  )
})

interface Variant {
  readonly settings: Homeserver
  readonly results: Readonly<Record<string, unknown>>
}
const recorded = new URL("recorded/config-by-version.json", import.meta.url)
const variants = JSON.parse(await readFile(recorded, "utf8")) as readonly Variant[]

test("delegated, every recorded file starts on every release that knows the block, or is refused by name", () => {
  let starts = 0
  for (const { settings, results } of variants) {
    for (const version of Object.keys(results).map(parseSynapseVersion)) {
      const change = { ...delegation, version, takeOver: takeOverKeys }
      const keys = attempt(() => keysWhenDelegated(settings, change))
      if (keys === undefined) continue
      assert.deepEqual(whatStopsStart(write(settings, keys), version), [])
      starts += 1
    }
  }
  // Refused: two releases without the block throughout; msc4108 beside 1.136.0 (four variants), msc4388 beside 1.150.0.
  assert.equal(starts, variants.length * 7 - 5)
})

test("back in legacy, no recorded file is stopped by what only a delegated Synapse takes", () => {
  const onlyDelegated = /msc4108|msc4388|cannot be|OAuth delegation/
  for (const { settings, results } of variants) {
    const legacy = write(settings, keysWhenLegacy(settings))
    for (const version of Object.keys(results).map(parseSynapseVersion)) {
      const stops = whatStopsStart(legacy, version).map(({ path, says }) => `${path}: ${says}`)
      assert.deepEqual(
        stops.filter((stop) => onlyDelegated.test(stop)),
        [],
      )
    }
  }
})

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

test("a plain legacy file wants nothing in legacy, and one with a disabled block neither", () => {
  assert.deepEqual(keysWhenLegacy({ password_config: { enabled: false } }), [])
  assert.deepEqual(keysWhenLegacy({ matrix_authentication_service: { enabled: false, endpoint: "http://mas/" } }), [])
})

test("a delegation that nobody remembers is turned off in legacy, and passwords with it back on", () => {
  const file = { matrix_authentication_service: { enabled: true, secret: "s" }, password_config: { enabled: false } }
  const keys = keysWhenLegacy(file).map(({ path, value }) => [path, value])
  assert.deepEqual(keys, [
    ["matrix_authentication_service.enabled", false],
    ["password_config.enabled", absent],
  ])
})

test("what does not start without the block goes in legacy", () => {
  const experimental_features = { msc4108_enabled: true, msc4388_mode: "open", msc4222_enabled: true }
  const paths = keysWhenLegacy({ experimental_features }).map(({ path }) => path)
  assert.deepEqual(paths, ["experimental_features.msc4108_enabled", "experimental_features.msc4388_mode"])
})

const anyConflict: fc.Arbitrary<Homeserver> = fc.record(
  {
    password_config: fc.constantFrom(
      { enabled: true },
      { enabled: false },
      { pepper: "p" },
      { enabled: "only_for_reauth" },
    ),
    enable_registration: fc.boolean(),
    user_consent: fc.constantFrom(null, { version: "1" }),
    oidc_providers: fc.constantFrom(null, [], [{ idp_id: "dex" }]),
    saml2_config: fc.constantFrom({ sp_config: { a: 1 } }, { enabled: false }),
    cas_config: fc.constantFrom({ server_url: "x" }, { enabled: false }),
    session_lifetime: fc.constantFrom(null, "24h"),
    enable_3pid_changes: fc.boolean(),
    login_via_existing_session: fc.constantFrom({ enabled: true }, { enabled: false }),
    matrix_authentication_service: fc.constantFrom(
      {},
      { secret: "old", enabled: true },
      { secret_path: "/x", enabled: false },
    ),
    experimental_features: fc.constantFrom({}, { msc3861: { enabled: true } }, { msc4222_enabled: true }),
  },
  { requiredKeys: [] },
)

test("whatever the file holds, what is written starts, and asked again the same is wanted", () => {
  fc.assert(
    fc.property(anyConflict, (homeserver) => {
      const named = { ...delegation, takeOver: takeOverKeys }
      const first = keysWhenDelegated(homeserver, named)
      const after = write(homeserver, first)
      assert.deepEqual(whatStopsStart(after, delegation.version), [])
      const again = keysWhenDelegated(after, { ...named, kept: first.map(({ path }) => path) })
      assert.deepEqual(again, first)
    }),
  )
})
