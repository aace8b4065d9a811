import assert from "node:assert/strict"
import { createPrivateKey } from "node:crypto"
import { test } from "node:test"
import { parse } from "yaml"
import { scaffoldFiles } from "../../../components/staging/scaffold-files.ts"

const addresses = {
  serverName: "staging.test",
  homeserverUrl: "http://127.0.0.1:18008",
  authUrl: "http://127.0.0.1:18080/",
  elementUrl: "http://127.0.0.1:18081/",
}
const passwords = { synapse: "synapsePassword", mas: "masPassword" }
const text = (path: string) => {
  const file = scaffoldFiles(addresses).find((candidate) => candidate.path === path)
  assert.ok(file, path)
  return file.text(passwords)
}

test("homeserver.yaml is that of a legacy server which only its own passwords let in", () => {
  const homeserver = parse(text("synapse/homeserver.yaml"), { version: "1.1" })
  assert.equal(homeserver.server_name, addresses.serverName)
  assert.equal(homeserver.public_baseurl, `${addresses.homeserverUrl}/`)
  assert.equal(homeserver.database.args.password, passwords.synapse)
  assert.equal(homeserver.password_config.enabled, true)
  assert.ok(homeserver.password_config.pepper.length >= 32)
  assert.equal(homeserver.enable_registration, false)
  assert.equal(homeserver.allow_guest_access, false)
  assert.equal(homeserver.matrix_authentication_service, undefined)
  assert.equal(homeserver.experimental_features.msc4222_enabled, true)
})

test("the bridge owns its puppets and its bot, on this server only", () => {
  const bridge = parse(text("synapse/appservices/bridge.yaml"))
  const owns = (user: string) =>
    bridge.namespaces.users.some(({ regex }: { regex: string }) => new RegExp(regex).test(user))
  assert.equal(owns("@bridge_42:staging.test"), true)
  assert.equal(owns(`@${bridge.sender_localpart}:staging.test`), true)
  assert.equal(owns("@alice:staging.test"), false)
  assert.equal(owns("@bridge_42:stagingXtest"), false)
})

test("MAS has four keys that are keys, its issuer with a slash, and no clients yet", () => {
  const mas = parse(text("mas/config.yaml"))
  assert.equal(mas.http.issuer, addresses.authUrl)
  assert.equal(mas.http.public_base, addresses.authUrl)
  assert.match(mas.secrets.encryption, /^[0-9a-f]{64}$/)
  const kinds = mas.secrets.keys.map(({ key }: { key: string }) => {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(key)
    return asymmetricKeyDetails?.namedCurve ?? asymmetricKeyType
  })
  assert.deepEqual(kinds, ["rsa", "prime256v1", "secp384r1", "secp256k1"])
  assert.equal(mas.clients, undefined)
  assert.equal(new URL(mas.database.uri).password, passwords.mas)
})

test("the web's documents are JSON that names the homeserver, and say nothing of MAS", () => {
  const wellKnown = JSON.parse(text("wellknown/client.json"))
  assert.equal(wellKnown["m.homeserver"].base_url, addresses.homeserverUrl)
  assert.equal(wellKnown["org.matrix.msc2965.authentication"], undefined)
  const element = JSON.parse(text("element/config.json"))
  assert.equal(element.default_server_config["m.homeserver"].base_url, addresses.homeserverUrl)
  assert.equal(element.oidc_static_clients, undefined)
})

test("Synapse's signing key has the form that Synapse makes: algorithm, version, 32 bytes", () => {
  const [algorithm, version, seed = ""] = text("synapse/staging.test.signing.key").trim().split(" ")
  assert.equal(algorithm, "ed25519")
  assert.match(version ?? "", /^a_\w{4}$/)
  assert.equal(Buffer.from(seed, "base64").length, 32)
})
