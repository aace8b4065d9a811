import { type LoadedScheme, loadSchemes } from "../config/passwords.ts"
import { trimmedSecret } from "../config/secret.ts"
import { encryptionKey } from "../config/secrets.ts"
import type { MasConfig } from "../config.ts"
import type { HomeserverSettings } from "./homeserver.ts"
import { loadSigningKeys, type SigningKey } from "./signing-keys.ts"

/** What requests are answered by: the configuration with its files read. */
export interface Settings {
  /** Ends with a slash, as the addresses derived from it need. */
  readonly publicBase: string
  readonly issuer: string
  readonly passwordsEnabled: boolean
  readonly passwordRegistrationEnabled: boolean
  readonly deviceCodeEnabled: boolean
  readonly accessTokenTtlSeconds: number
  readonly compatTokenTtlSeconds: number
  /** ULIDs of the clients that may have `urn:mas:admin`. */
  readonly adminClients: ReadonlySet<string>
  readonly signingKeys: readonly SigningKey[]
  readonly homeserver: HomeserverSettings
  /** The scheme that hashes new passwords first; empty where passwords are off. */
  readonly passwordSchemes: readonly LoadedScheme[]
  readonly encryptionKey: Buffer
  readonly config: MasConfig
}

/** Reads what the configuration keeps in files. @throws Error when one of them is missing or makes no sense. */
export async function loadSettings(config: MasConfig): Promise<Settings> {
  const { http, behaviour, passwords, matrix, secrets } = config
  return {
    publicBase: http.publicBase,
    issuer: http.issuer ?? http.publicBase,
    passwordsEnabled: passwords.enabled,
    passwordRegistrationEnabled: passwords.enabled && behaviour.account.passwordRegistrationEnabled,
    deviceCodeEnabled: behaviour.deviceCodeGrantEnabled,
    accessTokenTtlSeconds: behaviour.accessTokenTtl,
    compatTokenTtlSeconds: behaviour.compatTokenTtl,
    adminClients: new Set(behaviour.policy.adminClients.map((id) => id.toUpperCase())),
    signingKeys: await loadSigningKeys(secrets),
    homeserver: {
      kind: matrix.kind,
      serverName: matrix.homeserver,
      endpoint: matrix.endpoint,
      secret: await trimmedSecret(matrix.secret),
    },
    passwordSchemes: passwords.enabled ? await loadSchemes(passwords) : [],
    encryptionKey: await encryptionKey(secrets),
    config,
  }
}
