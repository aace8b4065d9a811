import { randomBytes } from "node:crypto"
import { posix } from "node:path"
import { absent } from "../documents/json-value.ts"
import type { Aspect } from "../files/aspects.ts"
import { lastWritten, readKept } from "../files/kept.ts"
import { makeChange, type PlannedChange, readKey } from "../files/managed-file.ts"
import { sameAddress, type WantedKey } from "../files/managed-keys.ts"
import { type ManagedFileInputs, managedFileLifecycle } from "../files/managed-lifecycle.ts"
import { noteDue, noteStart, withTheFile } from "../files/running.ts"
import { containerOf, type ServiceAddress } from "../host/service-address.ts"
import { readServiceFile } from "../host/service-file.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import { checkConfig } from "./check-config.ts"
import { demandMasCliFits } from "./mas-cli-fits.ts"
import { lookAtMas } from "./mas-runs.ts"
import { demandMasVersion, readMasVersion } from "./mas-version.ts"

export interface SettingsInputs extends ManagedFileInputs {
  readonly service: ServiceAddress
  /** MAS's address as its neighbours see it; without it MAS is not asked what it runs with. */
  readonly endpoint?: string
  readonly authentication: "legacy" | "delegated"
  readonly serverName: string
  /** MAS's public address, slash at the end. */
  readonly issuer: string
  /** Synapse's address as MAS sees it. */
  readonly synapseEndpoint: string
  /** homeserver.yaml on the host: where the pepper of the passwords stands. */
  readonly homeserverYaml: string
  /** Where what stood in that before us is kept. */
  readonly homeserverKeptAt?: string
}

const dialect = "yaml12"

const running: Aspect<SettingsInputs> = {
  name: "running",
  kind: "running",
  wanted: withTheFile,
  look: lookAtMas,
  where: ({ service, file }, host) => ({ host: host.name, container: containerOf(service), file }),
}

export const lifecycle = managedFileLifecycle<SettingsInputs>({
  dialect,
  keys: wantedKeys,
  make: makeChecked,
  aspects: [running],
  version: ({ service, file }, { host }) => readMasVersion(host, { service, config: file }),
  // Otherwise MAS is restarted next, and its start noted then.
  settled: async ({ service, ...inputs }, { host }, isToFollow) => {
    if (!isToFollow) await noteStart(host, service, fileOf(inputs))
  },
  notes: async (inputs, { host }) => ((await areTheirPasswordsOff(inputs, host)) ? [passwordsAreOff(inputs)] : []),
})

function fileOf({ file, keptAt }: Pick<SettingsInputs, "file" | "keptAt">) {
  return { path: file, dialect, keptAt } as const
}

async function wantedKeys(inputs: SettingsInputs, context: Context): Promise<WantedKey[]> {
  const mas = { service: inputs.service, config: inputs.file, keptAt: inputs.keptAt }
  // A rollback goes on whatever is wrong with MAS; and in legacy it is found out before anything is written.
  if (inputs.authentication === "delegated") await demandMasCliFits(context.host, mas)
  await demandMasVersion(context.host, mas)
  return [
    // MAS may write to the homeserver only once it is the auth provider (seen: `synapse_read_only` keeps it from that).
    { path: "matrix.kind", value: inputs.authentication === "legacy" ? "synapse_read_only" : "synapse" },
    { path: "matrix.homeserver", value: inputs.serverName },
    address("matrix.endpoint", inputs.synapseEndpoint),
    ...(await sharedSecret(inputs, context)),
    ...(await addresses(inputs, context)),
    ...(await passwords(inputs, context)),
    ...(await passwordSchemes(inputs, context)),
  ]
}

/** MAS reads addresses as WHATWG URLs: with or without a slash after the host it is the same one (seen with MAS 1.22). */
function address(path: string, value: string): WantedKey {
  return { path, value, means: sameAddress(value) }
}

/**
 * The secret that we last wrote stays the one, unless both sides were changed to the same other one. Before that, one
 * that exists is adopted, in the file or in one of its own; where nobody has one, it is made.
 */
async function sharedSecret(inputs: SettingsInputs, { host }: Context): Promise<WantedKey[]> {
  const live = await readKey(host, fileOf(inputs), "matrix.secret")
  const isInFile = (await readKey(host, fileOf(inputs), "matrix.secret_file")) !== undefined
  if (isInFile && live === undefined) return []
  const homeserver = { path: inputs.homeserverYaml, dialect: "yaml11", ...keptOf(inputs.homeserverKeptAt) } as const
  const ofSynapse = await readKey(host, homeserver, "matrix_authentication_service.secret")
  const written = await lastWritten(host, inputs.keptAt, "matrix.secret")
  const adopted = written === undefined || live === ofSynapse ? live : written
  const value = typeof adopted === "string" && adopted !== "" ? adopted : randomBytes(32).toString("hex")
  const words = { right: "(set)", wrong: written === undefined ? "(empty)" : "(another than the one that was set)" }
  return [
    { path: "matrix.secret", value, secret: words },
    // Both at once are refused.
    ...(isInFile && written !== undefined ? [{ path: "matrix.secret_file", value: absent }] : []),
  ]
}

function keptOf(keptAt: string | undefined): { readonly keptAt?: string } {
  return keptAt === undefined ? {} : { keptAt }
}

/** `config generate` writes `http.issuer` beside `public_base`; left behind, it would go on telling the old issuer. */
async function addresses(inputs: SettingsInputs, { host }: Context): Promise<WantedKey[]> {
  const { issuer, keptAt } = inputs
  const own = await readKey(host, fileOf(inputs), "http.issuer")
  const isOurs = (await lastWritten(host, keptAt, "http.issuer")) !== undefined
  return [address("http.public_base", issuer), ...(own !== undefined || isOurs ? [address("http.issuer", issuer)] : [])]
}

/** Passwords that were on when we came stay on. Off they stay off: there, people log in by something else. */
async function passwords(inputs: SettingsInputs, { host }: Context): Promise<WantedKey[]> {
  const path = "passwords.enabled"
  const { keys } = await readKept(host, inputs.keptAt)
  const known = keys[path]?.wrote
  if (known !== undefined) return [{ path, value: known }]
  const live = await readKey(host, fileOf(inputs), path)
  if (live === false) return []
  return [{ path, value: live === undefined ? absent : true }]
}

async function areTheirPasswordsOff(inputs: SettingsInputs, host: Context["host"]): Promise<boolean> {
  const [wanted] = await passwords(inputs, { host, say: () => {} })
  return wanted === undefined
}

function passwordsAreOff({ file }: SettingsInputs): string {
  return `${file}: passwords.enabled is false, and left so: delegated, nobody logs in with a password, only by MAS's upstream providers`
}

/**
 * Synapse's passwords are bcrypt over password and pepper, NFKC-normalised: scheme 1 must be just that, byte for byte,
 * or nobody could log in with the old password. A second one is for what is set from then on (docs of syn2mas).
 */
async function passwordSchemes(inputs: SettingsInputs, { host }: Context): Promise<WantedKey[]> {
  const homeserver = { path: inputs.homeserverYaml, dialect: "yaml11", ...keptOf(inputs.homeserverKeptAt) } as const
  const pepper = await readKey(host, homeserver, "password_config.pepper")
  return [
    // As a number: MAS takes no text for a version.
    { path: "passwords.schemes[version=1].version", value: 1 },
    { path: "passwords.schemes[version=1].algorithm", value: "bcrypt" },
    { path: "passwords.schemes[version=1].unicode_normalization", value: true },
    ...(await pepperKeys(inputs, host, pepper)),
    { path: "passwords.schemes[version=2].version", value: 2 },
    { path: "passwords.schemes[version=2].algorithm", value: "argon2id" },
  ]
}

/**
 * The pepper stands in the scheme, or in a file of its own. That is left where it is as long as it holds the very pepper,
 * which MAS takes from it byte for byte, a line break at its end included (seen with MAS 1.22); else its key goes, since MAS
 * refuses both at once, and comes back with the rest.
 */
async function pepperKeys(inputs: SettingsInputs, host: Context["host"], pepper: unknown): Promise<WantedKey[]> {
  const path = "passwords.schemes[version=1].secret"
  // Text, as Synapse needs it: MAS takes no number there.
  const value = typeof pepper === "number" ? String(pepper) : ((pepper ?? absent) as WantedKey["value"])
  const words = { right: "(as homeserver.yaml has the pepper)", wrong: "(another than homeserver.yaml's pepper)" }
  const file = await readKey(host, fileOf(inputs), `${path}_file`)
  const isOurs = (await readKept(host, inputs.keptAt)).keys[`${path}_file`] !== undefined
  if (typeof file === "string" && (await readServiceFile(host, inputs.service, file)) === value) return []
  const goes = file !== undefined || isOurs ? [{ path: `${path}_file`, value: absent }] : []
  return [{ path, value, secret: words }, ...goes]
}

/** MAS's own `config check` sees the file before MAS does. It proves little, but what it refuses would stop MAS. */
async function makeChecked(change: PlannedChange, inputs: SettingsInputs, { host, say }: Context): Promise<boolean> {
  const file = fileOf(inputs)
  if (change.before === change.after) return makeChange(host, file, change)
  say(`mas-cli config check on the new ${posix.basename(inputs.file)}`)
  await checkConfig(host, { service: inputs.service, config: inputs.file, keptAt: inputs.keptAt }, change.after)
  await noteDue(host, file)
  return makeChange(host, file, change)
}
