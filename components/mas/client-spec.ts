import { Refusal } from "../report/refusal.ts"

/** How a client proves itself; the secret of `secret` is passed apart, so that it is in no description of a client. */
export type ClientProof =
  | { readonly kind: "none" }
  | { readonly kind: "secret" }
  | { readonly kind: "secretFile"; readonly path: string }
  | { readonly kind: "jwksUri"; readonly uri: string }

/** A client as the config describes it (`ClientSettings`), as far as MAS's file has a place for it. */
export interface ClientDescription {
  readonly name: string
  /** A ULID in capitals. */
  readonly id: string
  /** What people see when they log in. */
  readonly clientName: string
  readonly clientUri?: string
  readonly authMethod: string
  readonly redirectUris: readonly string[]
  readonly credential: ClientProof
}

/** One entry of `clients` in MAS's config.yaml, in the order in which `mas-cli config dump` has the keys. */
export interface ClientEntry {
  readonly client_id: string
  readonly client_auth_method: string
  readonly client_name?: string
  readonly client_uri?: string
  readonly client_secret?: string
  readonly client_secret_file?: string
  readonly jwks_uri?: string
  readonly redirect_uris: readonly string[]
}

/** First releases of MAS that read a key; older ones pass over it without a word. */
const since = { client_name: [0, 16], client_uri: [1, 22], client_secret_file: [1, 7] } as const

/**
 * A client as MAS wants it in its file. What this MAS would pass over is left out, with a note.
 *
 * Throws `mas/too-old` where leaving it out would break the client: a secret in a file before MAS 1.7.0.
 *
 * @param version as `mas-cli --version` tells it: `mas-cli v1.22.0`.
 * @param secret the client's secret where its credential is `secret`.
 */
export function clientEntry(
  client: ClientDescription,
  version: string,
  secret?: string,
): { readonly entry: ClientEntry; readonly notes: readonly string[] } {
  const reads = (key: keyof typeof since) => isAtLeast(version, since[key])
  if (client.credential.kind === "secretFile" && !reads("client_secret_file")) throw tooOld(client, version)
  const clientUri = client.clientUri ?? homePageOf(client)
  const entry: ClientEntry = {
    client_id: client.id,
    client_auth_method: client.authMethod,
    ...(reads("client_name") ? { client_name: client.clientName } : {}),
    ...(clientUri !== undefined && reads("client_uri") ? { client_uri: clientUri } : {}),
    ...proofOf(client, secret),
    redirect_uris: client.redirectUris,
  }
  const left = [
    ...(reads("client_name") ? [] : ["client_name"]),
    ...(client.clientUri === undefined || reads("client_uri") ? [] : ["client_uri"]),
  ]
  return {
    entry,
    notes: left.map((key) => `client ${client.name}: MAS ${version} does not know ${key}, which is left out`),
  }
}

/** A site that people are sent back to is the client's home page, unless the config names another one. */
function homePageOf({ redirectUris }: ClientDescription): string | undefined {
  const site = redirectUris.find((uri) => uri.startsWith("https://") && URL.canParse(uri))
  return site === undefined ? undefined : new URL("/", site).href
}

function proofOf({ name, credential }: ClientDescription, secret: string | undefined): Partial<ClientEntry> {
  if (credential.kind === "secretFile") return { client_secret_file: credential.path }
  if (credential.kind === "jwksUri") return { jwks_uri: credential.uri }
  if (credential.kind === "none") return {}
  if (secret === undefined) throw new Error(`the secret of client ${name} was not handed over`)
  return { client_secret: secret }
}

/** MAS's version text is what its build was given (`v1.22.0`, `1.22.0-5-gabc`, or nonsense): unknown counts as new. */
function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const match = /(\d+)\.(\d+)\.\d+/.exec(version)
  if (match === null) return true
  const found = { major: Number(match[1]), minor: Number(match[2]) }
  return found.major === major ? found.minor >= minor : found.major > major
}

function tooOld({ name }: ClientDescription, version: string): Refusal {
  return new Refusal({
    code: "mas/too-old",
    what: `MAS ${version} cannot read the secret of client ${name} from a file`,
    where: { keyPath: `clients[name=${name}].secretFile` },
    meaning: "It would pass over client_secret_file and refuse the client. Nothing was written.",
    next: `go to MAS 1.7.0 or later, or give the secret itself: pulumi config set --secret --path clientSecrets.${name}`,
  })
}
