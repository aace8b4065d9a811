import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { test } from "node:test"
import { conflictingKeys, findConflicts, takeOverKeys } from "../../../components/synapse/conflicting-keys.ts"
import type { Homeserver } from "../../../components/synapse/homeserver.ts"
import { whatStopsStart } from "../../../components/synapse/start-rules.ts"
import { parseSynapseVersion } from "../../../components/synapse/versions.ts"

interface Variant {
  readonly name: string
  readonly settings: Homeserver
  readonly results: Readonly<Record<string, { readonly rc: number; readonly says?: string }>>
}

const recorded = new URL("recorded/config-by-version.json", import.meta.url)
const variants = JSON.parse(await readFile(recorded, "utf8")) as readonly Variant[]

/** What no reading of the file can tell: it depends on what else is on Synapse's disk. */
const outsideTheFile = ["block with a missing secret_path", "block and a module that is not installed"]

const further = new URL("recorded/config-more-by-version.json", import.meta.url)
const more = JSON.parse(await readFile(further, "utf8")) as readonly Variant[]

for (const { name, settings, results } of [...variants, ...more].filter(({ name }) => !outsideTheFile.includes(name))) {
  test(`recorded: ${name}: each release says what we expect of it`, () => {
    assert.ok(Object.keys(results).length >= 4)
    for (const [version, { rc, says = "" }] of Object.entries(results)) {
      const [first] = whatStopsStart(settings, parseSynapseVersion(version))
      assert.equal(first !== undefined, rc !== 0, `${version} ended with ${rc}: ${says}`)
      if (first !== undefined) assert.ok(says.includes(first.says), `${version} said ${says}, not ${first.says}`)
    }
  })
}

test("only what lies outside the file is left out of the recorded verdicts", () => {
  const names = variants.map(({ name }) => name)
  assert.equal(names.length, 35)
  assert.ok(variants.every(({ results }) => Object.keys(results).length === 9))
  assert.equal(more.length, 22)
  for (const name of outsideTheFile) assert.ok(names.includes(name))
})

const version = parseSynapseVersion("1.163.2")
const block = { matrix_authentication_service: { enabled: true, secret: "s" } }

function conflictsIn(settings: Homeserver): readonly string[] {
  return findConflicts({ ...block, ...settings }, version).map(({ path }) => path)
}

/** Ways to write a setting that the recording does not have, from Synapse's source. */
const spellings: readonly { readonly settings: Homeserver; readonly path?: string }[] = [
  { settings: { oidc_config: { enabled: true } }, path: "oidc_config.enabled" },
  { settings: { oidc_config: { client_id: "x" } } },
  { settings: { oidc_providers: [] } },
  { settings: { oidc_providers: null } },
  { settings: { saml2_config: { sp_config: { x: 1 } } }, path: "saml2_config.enabled" },
  { settings: { saml2_config: { config_path: "/x", enabled: true } }, path: "saml2_config.enabled" },
  { settings: { saml2_config: { sp_config: { x: 1 }, enabled: false } } },
  { settings: { saml2_config: { user_mapping_provider: {} } } },
  { settings: { cas_config: { server_url: "https://x" } }, path: "cas_config.enabled" },
  { settings: { cas_config: { enabled: false, server_url: "https://x" } } },
  { settings: { cas_config: {} } },
  { settings: { jwt_config: { secret: "x" } } },
  { settings: { ldap_config: { enabled: true } }, path: "ldap_config.enabled" },
  { settings: { password_providers: [{ module: "x" }] }, path: "password_providers" },
  { settings: { password_config: { pepper: "x" } } },
  { settings: { password_config: null } },
  { settings: { enable_registration: "yes" }, path: "enable_registration" },
  { settings: { enable_registration: "no" } },
  { settings: { enable_registration: "true" }, path: "enable_registration" },
  { settings: { enable_registration: 1 }, path: "enable_registration" },
  { settings: { enable_registration: "1" }, path: "enable_registration" },
  { settings: { enable_registration: 0 } },
  { settings: { disable_registration: false }, path: "disable_registration" },
  { settings: { disable_registration: "no" }, path: "disable_registration" },
  { settings: { disable_registration: 0 }, path: "disable_registration" },
  { settings: { disable_registration: true, enable_registration: true } },
  { settings: { disable_registration: false, enable_registration: true }, path: "disable_registration" },
  ...["true", "false", "no", 1, { x: 1 }, ["x"]].flatMap((enabled) => [
    { settings: { password_config: { enabled } }, path: "password_config.enabled" },
    { settings: { jwt_config: { enabled } }, path: "jwt_config.enabled" },
    { settings: { login_via_existing_session: { enabled } }, path: "login_via_existing_session.enabled" },
    { settings: { enable_3pid_changes: enabled }, path: "enable_3pid_changes" },
    { settings: { enable_registration_captcha: enabled }, path: "enable_registration_captcha" },
  ]),
  ...["", 0, null, {}, []].flatMap((enabled) => [
    { settings: { password_config: { enabled } } },
    { settings: { jwt_config: { enabled } } },
    { settings: { enable_3pid_changes: enabled } },
    { settings: { cas_config: { enabled, server_url: "https://x" } } },
  ]),
  { settings: { user_consent: null } },
  { settings: { session_lifetime: null } },
  { settings: { session_lifetime: 0 } },
  { settings: { enable_3pid_changes: false } },
]

for (const { settings, path } of spellings) {
  test(`${JSON.stringify(settings)} ${path === undefined ? "does not stop" : "stops"} a delegated Synapse`, () => {
    assert.deepEqual(conflictsIn(settings), path === undefined ? [] : [path])
  })
}

test("what conflicts with delegation does not matter while there is none", () => {
  const settings = { enable_registration: true, password_config: { enabled: true } }
  assert.deepEqual(findConflicts(settings, version), [])
  assert.deepEqual(findConflicts({ ...settings, matrix_authentication_service: { enabled: false } }, version), [])
})

test("a Synapse that ignores the block has no conflicts with it", () => {
  assert.deepEqual(findConflicts({ ...block, enable_registration: true }, parseSynapseVersion("1.135.2")), [])
})

test("every conflicting key is taken over unasked, or can be named, once", () => {
  const named = conflictingKeys.filter(({ takeOver }) => takeOver === "when-named")
  assert.equal(new Set(takeOverKeys).size, named.length)
  assert.ok(!takeOverKeys.includes("password_config"))
})

test("the old mode wants a real boolean: a text or a number stops Synapse, whatever it says", () => {
  for (const enabled of ["true", "false", 1, 0, null]) {
    const [stop] = whatStopsStart({ experimental_features: { msc3861: { enabled } } }, parseSynapseVersion("1.150.0"))
    assert.deepEqual(stop, { path: "experimental_features.msc3861", says: "'enabled' must be <class 'bool'>" })
  }
})
