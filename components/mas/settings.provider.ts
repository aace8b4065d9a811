import { randomBytes } from "node:crypto"
import { posix } from "node:path"
import { absent } from "../documents/json-value.ts"
import { makeChange, type PlannedChange, readKey } from "../files/managed-file.ts"
import type { WantedKey } from "../files/managed-keys.ts"
import { type ManagedFileInputs, managedFileLifecycle } from "../files/managed-lifecycle.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import { checkConfig } from "./check-config.ts"
import { demandMasVersion } from "./mas-version.ts"

export interface SettingsInputs extends ManagedFileInputs {
  readonly service: ServiceAddress
  readonly authentication: "legacy" | "delegated"
  readonly serverName: string
  /** MAS's public address, slash at the end. */
  readonly issuer: string
  /** Synapse's address as MAS sees it. */
  readonly synapseEndpoint: string
  /** homeserver.yaml on the host: where the pepper of the passwords stands. */
  readonly homeserverYaml: string
}

const dialect = "yaml12"

export const lifecycle = managedFileLifecycle<SettingsInputs>({
  dialect,
  keys: wantedKeys,
  make: makeChecked,
})

async function wantedKeys(inputs: SettingsInputs, context: Context): Promise<WantedKey[]> {
  await demandMasVersion(context.host, { service: inputs.service, config: inputs.file })
  return [
    // MAS may write to the homeserver only once it is the auth provider (seen: `synapse_read_only` keeps it from that).
    { path: "matrix.kind", value: inputs.authentication === "legacy" ? "synapse_read_only" : "synapse" },
    { path: "matrix.homeserver", value: inputs.serverName },
    { path: "matrix.endpoint", value: inputs.synapseEndpoint },
    ...(await sharedSecret(inputs, context)),
    ...(await addresses(inputs, context)),
    ...(await passwordSchemes(inputs, context)),
  ]
}

/** Adopts a secret that exists, in the file or in one of its own; makes one where nobody has. */
async function sharedSecret({ file }: SettingsInputs, { host }: Context): Promise<WantedKey[]> {
  const address = { path: file, dialect } as const
  if ((await readKey(host, address, "matrix.secret_file")) !== undefined) return []
  const live = await readKey(host, address, "matrix.secret")
  const value = typeof live === "string" && live !== "" ? live : randomBytes(32).toString("hex")
  return [{ path: "matrix.secret", value, secret: { right: "(set)", wrong: "(empty)" } }]
}

/** `config generate` writes `http.issuer` beside `public_base`; left behind, it would go on telling the old issuer. */
async function addresses({ file, issuer }: SettingsInputs, { host }: Context): Promise<WantedKey[]> {
  const own = await readKey(host, { path: file, dialect }, "http.issuer")
  return [
    { path: "http.public_base", value: issuer },
    ...(own === undefined ? [] : [{ path: "http.issuer", value: issuer }]),
  ]
}

/**
 * Synapse's passwords are bcrypt over password and pepper, NFKC-normalised: scheme 1 must be just that, byte for byte,
 * or nobody could log in with the old password. A second one is for what is set from then on (docs of syn2mas).
 */
async function passwordSchemes({ homeserverYaml }: SettingsInputs, { host }: Context): Promise<WantedKey[]> {
  const pepper = await readKey(host, { path: homeserverYaml, dialect: "yaml11" }, "password_config.pepper")
  const words = { right: "(as homeserver.yaml has the pepper)", wrong: "(another than homeserver.yaml's pepper)" }
  return [
    // As a number: MAS takes no text for a version.
    { path: "passwords.schemes[version=1].version", value: 1 },
    { path: "passwords.schemes[version=1].algorithm", value: "bcrypt" },
    { path: "passwords.schemes[version=1].unicode_normalization", value: true },
    { path: "passwords.schemes[version=1].secret", value: pepper ?? absent, secret: words },
    { path: "passwords.schemes[version=2].version", value: 2 },
    { path: "passwords.schemes[version=2].algorithm", value: "argon2id" },
  ]
}

/** MAS's own `config check` sees the file before MAS does. It proves little, but what it refuses would stop MAS. */
async function makeChecked(change: PlannedChange, inputs: SettingsInputs, { host, say }: Context): Promise<boolean> {
  const file = { path: inputs.file, dialect, keptAt: inputs.keptAt } as const
  if (change.before === change.after) return makeChange(host, file, change)
  say(`mas-cli config check on the new ${posix.basename(inputs.file)}`)
  await checkConfig(host, { service: inputs.service, config: inputs.file }, change.after)
  return makeChange(host, file, change)
}
