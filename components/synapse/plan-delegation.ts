import { absent, isAbsent } from "../documents/json-value.ts"
import { restore } from "../documents/managed-keys.ts"
import { parseDocument } from "../documents/parse.ts"
import { lastWritten, readKept } from "../files/kept.ts"
import { type ManagedFile, type PlannedChange, planChange, readDocument, readKey } from "../files/managed-file.ts"
import { sameAddress, type WantedKey } from "../files/managed-keys.ts"
import type { ManagedFileInputs } from "../files/managed-lifecycle.ts"
import { readUsable } from "../files/usable-text.ts"
import type { Host } from "../host/host.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { readServiceFile } from "../host/service-file.ts"
import { Refusal } from "../report/refusal.ts"
import type { SwitchPlace } from "../window/dead-mans-switch.ts"
import { at, type Homeserver } from "./homeserver.ts"
import { keysWhenDelegated, keysWhenLegacy, type ManagedKey } from "./managed-keys.ts"
import { readSynapseVersion } from "./running-version.ts"

export interface DelegatedAuthInputs extends ManagedFileInputs {
  readonly service: ServiceAddress
  readonly authentication: "legacy" | "delegated"
  /** Synapse's client listener as its neighbours see it. */
  readonly synapseEndpoint: string
  /** MAS's address as Synapse sees it. */
  readonly endpoint: string
  /** MAS's issuer: what a delegated Synapse has to tell clients. */
  readonly issuer: string
  /** MAS: its config, or a file that this names, holds the secret that both share. */
  readonly mas: SharingMas
  readonly takeOver: readonly string[]
  /** Where a restart of Synapse is watched over. */
  readonly window: SwitchPlace
  /** A server that is delegated when its stack comes, in legacy, is to be rolled back. */
  readonly isRollbackMeant?: boolean
  /** A rendezvous server for log-in by QR code (MSC4108); it comes and goes with the block. */
  readonly qrCodeEndpoint?: string
}

/** MAS, as far as the secret goes that Synapse shares with it. */
export interface SharingMas {
  readonly service: ServiceAddress
  /** Its config.yaml on the host. */
  readonly config: string
  /** Where what stood in it before us is kept: there it says which secret we last wrote. */
  readonly keptAt?: string
}

export const dialect = "yaml11"

const block = "matrix_authentication_service"

/** Where homeserver.yaml is, and where what stood there before us is kept. */
export function homeserverFile({ file, keptAt }: Pick<DelegatedAuthInputs, "file" | "keptAt">): ManagedFile {
  return { path: file, dialect, keptAt }
}

/**
 * Works out what delegating, or taking it back, would change in homeserver.yaml. Writes nothing. Throws `document/unusable`,
 * also where it could be mended: what is put back when the delegated Synapse does not come up has to be sound.
 */
export async function planDelegation(host: Host, inputs: DelegatedAuthInputs): Promise<PlannedChange> {
  await readDocument(host, { path: inputs.file, dialect })
  return planChange(host, homeserverFile(inputs), await homeserverKeys(host, inputs))
}

/** The keys that are wanted in homeserver.yaml, by the version of Synapse that runs and by what is there. */
export async function homeserverKeys(host: Host, inputs: DelegatedAuthInputs): Promise<readonly WantedKey[]> {
  const kept = await readKept(host, inputs.keptAt)
  const { text } = await readUsable(host, homeserverFile(inputs), Object.keys(kept.keys))
  const homeserver = parseDocument(text, dialect) as Homeserver
  if (inputs.authentication === "delegated") return keysFor(host, inputs, homeserver, Object.keys(kept.keys))
  const ground = parseDocument(restore(text, dialect, kept), dialect) as Homeserver
  const previous = kept.keys[`${block}.enabled`]?.previous
  const off = previous !== undefined && isAbsent(previous) ? absent : false
  return [...keysWhenLegacy(ground, off), ...(await unreadableSecret(host, inputs, ground))].map(asWanted)
}

/**
 * A file with a secret that an edit has named in the block, and that Synapse does not find, or finds beside a secret: it looks also where
 * the block is off, and does not start then (seen with 1.163.2).
 */
async function unreadableSecret(host: Host, { service }: DelegatedAuthInputs, ground: Homeserver) {
  const [secret, file] = ["secret", "secret_path"].map((key) => at(ground, block, key))
  if (typeof file !== "string") return []
  const isFine = secret === undefined && (await readServiceFile(host, service, file)) !== undefined
  return isFine ? [] : [{ path: `${block}.secret_path`, value: absent, secret: false }]
}

async function keysFor(host: Host, inputs: DelegatedAuthInputs, homeserver: Homeserver, kept: readonly string[]) {
  const { file, endpoint, synapseEndpoint, service, takeOver } = inputs
  const version = await readSynapseVersion(host, { service, homeserverYaml: file, endpoint: synapseEndpoint })
  const secret = await secretFor(host, inputs, homeserver)
  const qrCode = inputs.qrCodeEndpoint === undefined ? {} : { qrCodeEndpoint: inputs.qrCodeEndpoint }
  return keysWhenDelegated(homeserver, { version, endpoint, secret, takeOver, kept, ...qrCode }).map(asWanted)
}

/** A file of its own that homeserver.yaml names for the secret is left in use as long as it holds the very secret. */
async function secretFor(host: Host, { service, mas, keptAt }: DelegatedAuthInputs, homeserver: Homeserver) {
  const [inline, path] = ["secret", "secret_path"].map((key) => at(homeserver, block, key))
  const isNamed = inline === undefined || (await lastWritten(host, keptAt, `${block}.secret_path`)) !== undefined
  if (typeof path !== "string" || !isNamed) return { value: await sharedSecret(host, mas, inline) }
  const inFile = await readSecretFile(host, service, path)
  const value = await sharedSecret(host, mas, inFile)
  return value === inFile ? { path } : { value }
}

const shared = { right: "(as MAS has it)", wrong: "(another than MAS's)" }
/** What is to be no longer there, and may hold a secret. */
const toGo = { right: "(absent)", wrong: "(there)" }

function asWanted({ path, value, secret }: ManagedKey): WantedKey {
  if (secret) return { path, value, secret: isAbsent(value) ? toGo : shared }
  // Synapse reads it as an address (pydantic): with or without a slash at the end it is the same one.
  return path.endsWith(".endpoint") ? { path, value, means: sameAddress(String(value)) } : { path, value }
}

/**
 * MAS's config is where the secret lives: it never leaves the host, and cannot come to differ unseen.
 * @param live what Synapse's file has: both files changed to the same secret is somebody's will, one alone is not.
 */
async function sharedSecret(host: Host, mas: SharingMas, live: unknown): Promise<string> {
  const ofMas = await findSharedSecret(host, mas)
  const written = mas.keptAt === undefined ? undefined : await lastWritten(host, mas.keptAt, "matrix.secret")
  const value = written === undefined || ofMas === live || (await isInFile(host, mas)) ? ofMas : written
  if (typeof value === "string" && value !== "") return value
  throw new Refusal({
    code: "mas/no-shared-secret",
    what: "MAS's config holds no secret for Synapse to share",
    where: { host: host.name, file: mas.config, keyPath: "matrix.secret" },
    meaning: "Nothing was written; Synapse goes on as it was.",
    next: "Run `pulumi up`, which writes one. A `matrix.secret_file` has to lie in a folder of the host that MAS's container mounts.",
  })
}

/** The secret that MAS's config has for Synapse; `undefined` where it has none, or none that we can read. */
export async function findSharedSecret(host: Host, mas: SharingMas): Promise<string | undefined> {
  const file = await readKey(host, configOf(mas), "matrix.secret_file")
  const value =
    typeof file === "string"
      ? await readSecretFile(host, mas.service, file)
      : await readKey(host, configOf(mas), "matrix.secret")
  return typeof value === "string" && value !== "" ? value : undefined
}

async function isInFile(host: Host, mas: SharingMas): Promise<boolean> {
  return typeof (await readKey(host, configOf(mas), "matrix.secret_file")) === "string"
}

function configOf({ config: path, keptAt }: SharingMas) {
  return { path, dialect: "yaml12", ...(keptAt === undefined ? {} : { keptAt }) } as const
}

/** A secret in a file that a service's config names, as that sees it. MAS and Synapse both trim it (MAS 1.22, Synapse 1.163). */
export async function readSecretFile(host: Host, service: ServiceAddress, file: string): Promise<string | undefined> {
  return (await readServiceFile(host, service, file))?.trim()
}
