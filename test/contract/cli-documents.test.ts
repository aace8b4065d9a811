import assert from "node:assert/strict"
import { after, before, suite, test } from "node:test"
import { twoPeople } from "./cli/synapse-database.ts"
import { openWorkbench, type Workbench } from "./cli/workbench.ts"

/**
 * A second file's text, whose lists come after those of the first, and the mistake that the real 1.22.0 names in it;
 * none: it takes the file.
 */
type Case = readonly [text: string, mistake?: string]

const severalDocuments = "deserializing from YAML containing more than one document is not supported"
const client = "client_id: 01GFWR28C4KNE04WG3HKXB7C9R, client_auth_method: none"

const configs: readonly Case[] = [
  ["clients: []"],
  ["clients:", notA("a sequence", "clients")],
  [`clients: [{ ${client}, redirect_uris: }]`, notA("a sequence", "clients.1.redirect_uris")],
  [`clients: [{ ${client}, client_name: , client_uri: , client_secret: , jwks: }]`],
  ["passwords:", notA("struct PasswordsConfig", "passwords")],
  ["passwords: { schemes: }", notA("a sequence", "passwords.schemes")],
  ["passwords: { enabled: }", notA("a boolean", "passwords.enabled")],
  ["policy:", notA("struct PolicyConfig", "policy")],
  ["policy: { data: }"],
  ["matrix:", notA("struct MatrixConfig", "matrix")],
  ["matrix: { homeserver: }", notA("a string", "matrix.homeserver")],
  ["matrix: { endpoint: }", notA("a string representing an URL", "matrix.endpoint")],
  ["matrix: { kind: }", notA("enum HomeserverKind", "matrix.kind")],
  ["matrix: { secret: 5 }", "invalid type: found unsigned int `5`, expected a string for key `default.matrix`"],
  [
    "passwords: { schemes: [{ version: 70000, algorithm: bcrypt }] }",
    "invalid value unsigned int `70000`, expected u16 for key `default.passwords.schemes.2.version`",
  ],
  ["http: { trusted_proxies: [proxy.test] }", "invalid address: proxy.test for key `default.http.trusted_proxies.0`"],
  [
    "rate_limiting: { login: { per_ip: { burst: 0, per_second: 1 } } }",
    "invalid value unsigned int `0`, expected a nonzero u32 for key `default.rate_limiting.login.per_ip.burst`",
  ],
  ["matrix: { secret: a }\nmatrix: { secret: b }"],
  ["a: 1\n---\nb: 2", severalDocuments],
  ["\uFEFFa: 1\nb: 2", severalDocuments],
  ["- a", "invalid type: sequence, expected a map"],
]

/** Synapse takes the ones with nothing after the colon, as they stand in files whose lines below are commented out. */
const homeservers: readonly Case[] = [
  ["oidc_providers:", notA("a sequence", "oidc_providers")],
  ["oidc_providers: [{ idp_id: , issuer: }]"],
  ["oidc_config:"],
  ["password_config:", notA("struct PasswordSection", "password_config")],
  ["password_config: { enabled: }", notA("a boolean", "password_config.enabled")],
  ["password_config: { pepper: }"],
  ["enable_registration:", notA("a boolean", "enable_registration")],
  [
    "enable_registration: no",
    'invalid type: found string "no", expected a boolean for key `default.enable_registration`',
  ],
  ["cas_config:", notA("struct EnableableSection", "cas_config")],
  ["login_via_existing_session:", notA("struct EnableableSection", "login_via_existing_session")],
  ["user_consent:"],
  ["listeners:"],
  ["public_baseurl: nope", 'relative URL without a base: "nope" for key `default.public_baseurl`'],
  ["database:", notA("struct DatabaseSection", "database")],
  ["allow_guest_access: true\nallow_guest_access: false"],
  ["\uFEFFa: 1\nb: 2", severalDocuments],
]

suite("mas-cli takes and refuses documents as the real one does", { concurrency: false }, () => {
  const world = {} as { bench: Workbench }
  before(async () => {
    world.bench = await openWorkbench({ people: twoPeople })
  })
  after(() => world.bench?.[Symbol.asyncDispose]())

  for (const [text, mistake] of configs) {
    test(`${mistake ? "refuses" : "takes"} ${JSON.stringify(text)} in its config`, async () => {
      await world.bench.write("more.yaml", `${text}\n`)
      const environment = { MAS_CONFIG: "c/config.yaml:more.yaml" }
      const { exitCode, stderr } = await world.bench.runWith(environment, "config", "check")
      assert.deepEqual([exitCode, mistakeIn(stderr)], [mistake ? 1 : 0, mistake])
    })
  }

  for (const [text, mistake] of homeservers) {
    test(`${mistake ? "refuses" : "takes"} ${JSON.stringify(text)} in homeserver.yaml`, async () => {
      await world.bench.write("more.yaml", `${text}\n`)
      const files = ["--synapse-config", "homeserver.yaml", "--synapse-config", "more.yaml"]
      const { exitCode, stderr } = await world.bench.run("syn2mas", ...files, "check")
      assert.deepEqual([exitCode, mistakeIn(stderr)], [mistake ? 1 : 0, mistake])
    })
  }
})

/** The mistake of a key with nothing after its colon: null is of no type. */
function notA(type: string, key: string): string {
  return `invalid type: found unit, expected ${type} for key \`default.${key}\``
}

/** Without the place that it ends with, and with the key in the quotes of this file. */
function mistakeIn(stderr: string): string | undefined {
  const [, mistake] = /^(?:Error:|Caused by:\n) *(?!Failed to load)(.*) in \S+ YAML file$/m.exec(stderr) ?? []
  return mistake?.replace(/for key "([^"]+)"$/, "for key `$1`")
}
