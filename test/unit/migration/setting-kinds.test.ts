import assert from "node:assert/strict"
import { test } from "node:test"
import {
  findInSettings,
  providersOfMas,
  providersOfSynapse,
  settingKinds,
} from "../../../components/migration/setting-kinds.ts"

const serverName = "ex.test"
const plain = { server_name: serverName, password_config: { enabled: true }, enable_registration: false }

/** A homeserver.yaml each, over a plain one, and what is found then. */
const cases: Readonly<Record<string, readonly [homeserver: object, mas: object, found: Record<string, number>]>> = {
  "nothing in a plain one": [{}, {}, {}],
  "another server's name": [{ server_name: "other.test" }, {}, { "server-name-differs": 1 }],
  guests: [{ allow_guest_access: true }, {}, { "guests-allowed": 1 }],
  registration: [{ enable_registration: true }, {}, { "registration-enabled": 1 }],
  "consent without terms": [
    { user_consent: { version: "1.0" } },
    { branding: { service_name: "x" } },
    { "user-consent-enabled": 1, "terms-of-service-missing": 1 },
  ],
  "consent with terms": [
    { user_consent: { version: "1.0" } },
    { branding: { tos_uri: "https://ex.test/terms" } },
    { "user-consent-enabled": 1 },
  ],
  "a key with nothing below it": [{ user_consent: null, oidc_providers: null, cas_config: null }, {}, {}],
  "a captcha": [{ enable_registration_captcha: true }, {}, { "captcha-missing": 1 }],
  "a captcha in both": [{ enable_registration_captcha: true }, { captcha: { service: "recaptcha_v2" } }, {}],
  "three ways to log in": [
    { cas_config: { enabled: true }, jwt_config: { enabled: true }, password_config: { localdb_enabled: false } },
    {},
    { "external-log-in": 3 },
  ],
  "passwords that are off altogether": [{ password_config: { enabled: false, localdb_enabled: false } }, {}, {}],
}

for (const [title, [homeserver, mas, found]] of Object.entries(cases)) {
  test(`in settings with ${title}, just that is found`, () => {
    const findings = findInSettings({ homeserver: { ...plain, ...homeserver }, mas: { ...mas }, serverName })
    assert.deepEqual(Object.fromEntries(findings.map(({ kind, count }) => [kind.name, count])), found)
  })
}

test("every kind of setting has a case here", () => {
  const seen = new Set(Object.values(cases).flatMap(([, , found]) => Object.keys(found)))
  assert.deepEqual([...seen].sort(), settingKinds.map(({ name }) => name).sort())
})

test("providers are called as Synapse writes them to its database", () => {
  const one = { issuer: "https://ex.test", client_id: "a" }
  assert.deepEqual(providersOfSynapse({ oidc_providers: [{ idp_id: "dex" }, { idp_id: "oidc" }, {}] }), [
    "oidc-dex",
    "oidc",
    "oidc",
  ])
  assert.deepEqual(providersOfSynapse({ oidc_config: one }), ["oidc"])
  assert.deepEqual(providersOfSynapse({ oidc_config: {}, oidc_providers: null }), [])
  assert.deepEqual(providersOfSynapse({}), [])
})

test("providers of MAS count by the name that they have in Synapse", () => {
  const providers = [{ id: "01", synapse_idp_id: "oidc-dex" }, { id: "02" }]
  assert.deepEqual(providersOfMas({ upstream_oauth2: { providers } }), ["oidc-dex"])
  assert.deepEqual(providersOfMas({ upstream_oauth2: null }), [])
})
