import { generateKeyPairSync, randomBytes } from "node:crypto"
import { stringify } from "yaml"
import { log } from "./logs.ts"
import { randomText } from "./server/tokens.ts"
import { loadSynapseConfig } from "./syn2mas/synapse-config.ts"

const base = "http://[::]:8080/"

/**
 * A configuration with fresh secrets: another one each time. With homeserver.yaml its server name and its password
 * scheme are taken over, so that syn2mas accepts it. Upstream providers are left to a human, unlike with the real one.
 */
export function generateConfig(synapseFiles: readonly string[]): string {
  log("INFO", "mas_config::sections::secrets:300", "Generating keys...")
  const secrets = { encryption: randomBytes(32).toString("hex"), keys: signingKeys().map((key) => ({ key })) }
  const synapse = synapseFiles.length > 0 ? loadSynapseConfig(synapseFiles) : undefined
  const pepper = synapse?.passwords.pepper === undefined ? {} : { secret: synapse.passwords.pepper }
  const own = { version: 2, algorithm: "argon2id" }
  const theirs = { version: 1, algorithm: "bcrypt", ...pepper, unicode_normalization: true }
  return stringify({
    http: { listeners: listeners(), public_base: base, issuer: base },
    database: { uri: "postgresql://", max_connections: 10, min_connections: 0, connect_timeout: 30 },
    secrets,
    passwords: {
      enabled: synapse?.passwords.enabled ?? true,
      schemes: synapse?.passwords.enabled ? [theirs, own] : [{ ...own, version: 1 }],
      minimum_complexity: 3,
    },
    matrix: {
      kind: "synapse",
      homeserver: synapse?.serverName ?? "localhost:8008",
      secret: randomText(32),
      endpoint: "http://localhost:8008/",
    },
  })
}

function listeners(): unknown {
  const web = ["discovery", "human", "oauth", "compat", "graphql", "assets"].map((name) => ({ name }))
  return [
    { name: "web", resources: web, binds: [{ address: "[::]:8080" }] },
    { name: "internal", resources: [{ name: "health" }], binds: [{ host: "localhost", port: 8081 }] },
  ]
}

function signingKeys(): readonly string[] {
  const curves = { "P-256": "prime256v1", "P-384": "secp384r1", secp256k1: "secp256k1" } as const
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
  log("INFO", "mas_config::sections::secrets:307", "Done generating RSA key")
  const others = Object.entries(curves).map(([name, namedCurve]) => {
    const pair = generateKeyPairSync("ec", { namedCurve })
    log("INFO", "mas_config::sections::secrets:323", `Done generating EC ${name} key`)
    return pair
  })
  return [rsa, ...others].map(({ privateKey }) => String(privateKey.export({ type: "pkcs8", format: "pem" })))
}
