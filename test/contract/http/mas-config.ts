import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto"
import { stringify } from "yaml"

/** What a test wants otherwise than the recording had it: sections of the config, laid over it key by key at the top. */
export interface Wanted {
  readonly databaseUrl: string
  readonly homeserverUrl: string
  readonly sections?: Readonly<Record<string, unknown>>
}

/**
 * The configuration of the recording: two schemes, two clients, the admin API open to one of them. It listens on free
 * ports of loopback, yet its public base is the recording's, so that every address it tells can be compared as it is.
 */
export function masConfig({ databaseUrl, homeserverUrl, sections = {} }: Wanted): string {
  const web = ["discovery", "human", "oauth", "compat", "graphql", "adminapi"]
  return stringify({
    http: {
      public_base: "http://127.0.0.1:8090/",
      issuer: "http://127.0.0.1:8090/",
      listeners: [listener("web", web), listener("internal", ["health"])],
    },
    database: { uri: databaseUrl },
    matrix: { kind: "synapse", homeserver: "ex.test", endpoint: homeserverUrl, secret: "abc" },
    secrets: { encryption: randomBytes(32).toString("hex"), keys: signingKeys },
    passwords: {
      schemes: [
        { version: 1, algorithm: "bcrypt" },
        { version: 2, algorithm: "argon2id" },
      ],
    },
    clients: [
      { client_id: "01GFWR28C4KNE04WG3HKXB7C9R", client_auth_method: "none", redirect_uris: ["http://127.0.0.1/cb"] },
      {
        client_id: "01GFWR32NCQ12B8Z0J8CPXRRB6",
        client_auth_method: "client_secret_basic",
        client_secret: "panelsecret",
      },
    ],
    policy: { data: { admin_clients: ["01GFWR32NCQ12B8Z0J8CPXRRB6"] } },
    ...sections,
  })
}

function listener(name: string, resources: readonly string[]) {
  return { name, resources: resources.map((resource) => ({ name: resource })), binds: [{ host: "127.0.0.1", port: 0 }] }
}

/** One of each kind, as `config generate` makes them; the same for every server of a run, for making them takes time. */
const signingKeys = [
  key("rsa1", generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey),
  ...["P-256", "P-384", "secp256k1"].map((curve) =>
    key(curve, generateKeyPairSync("ec", { namedCurve: curve }).privateKey),
  ),
]

function key(kid: string, privateKey: KeyObject) {
  return { kid, key: privateKey.export({ type: "pkcs8", format: "pem" }) }
}
