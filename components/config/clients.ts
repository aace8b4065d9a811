import { z } from "zod"
import { derivedClientId, parseClientId, whyNotClientId } from "../mas/client-id.ts"
import type { ClientDescription, ClientProof } from "../mas/client-spec.ts"
import { readRedirectUri } from "../mas/redirect-uri.ts"
import { address } from "./addresses.ts"
import { field, filePath, type Kind, type Note, oneOf, textOf } from "./fields.ts"

/** How a client proves to MAS who it is: MAS's `client_auth_method`. `none`: a public client, as all apps are. */
export const authMethods = [
  "none",
  "client_secret_basic",
  "client_secret_post",
  "client_secret_jwt",
  "private_key_jwt",
] as const

export type AuthMethod = (typeof authMethods)[number]

const secretMethods: readonly AuthMethod[] = ["client_secret_basic", "client_secret_post", "client_secret_jwt"]

export function needsSecret(method: AuthMethod): boolean {
  return secretMethods.includes(method)
}

/**
 * An OAuth client that MAS has to know: id and redirect URIs as MAS stores them, the name for what has none of its own.
 * The secret itself is not here: it stays in Pulumi's config, at `clientSecrets.<name>`.
 */
export interface ClientSettings extends ClientDescription {
  readonly authMethod: AuthMethod
}

const clientId: Kind<string> = {
  expected: "a ULID: 26 characters, digits and capitals without I, L, O and U",
  example: "01JD1CWWZ3K8V4Q2R5T7Y9BMNP",
  read: (found) => {
    const text = textOf(found)
    const id = parseClientId(text)
    return id === undefined ? { why: whyNotClientId(text) ?? "it is no ULID" } : { value: id }
  },
}

const clientName: Kind<string> = {
  expected: "a name: letters, digits, _ and -, beginning with a letter",
  example: "element",
  read: (found) =>
    typeof found === "string" && /^[A-Za-z][\w-]{0,63}$/.test(found) ? { value: found } : { why: "it is no such name" },
}

const shownName: Kind<string> = {
  expected: "what people see when they log in",
  example: "Element Web",
  read: (found) => (typeof found === "string" ? { value: found } : { why: "it is no text" }),
}

const redirectUri: Kind<string> = {
  expected: "where MAS sends people back to, whole, without fragment and wildcard",
  example: "https://element.example.org/",
  read: (found) => {
    if (typeof found !== "string") return { why: "it is no text" }
    const reading = readRedirectUri(found)
    if ("why" in reading) return reading
    return reading.note === undefined ? { value: reading.uri } : { value: reading.uri, note: reading.note }
  },
}

/** One entry of `clients`, as it stands in the config. */
export function clientSchema(lab: boolean, note: Note) {
  const uri = { plainHttp: lab, path: "document" } as const
  const clientUri = { expected: "the client's home page", example: "https://element.example.org/", name: "clientUri" }
  const jwksUri = {
    expected: "where the client's public keys are",
    example: "https://app.example.org/jwks",
    name: "jwksUri",
  }
  return z.strictObject({
    name: field(clientName),
    id: field(clientId).optional(),
    clientName: field(shownName).optional(),
    clientUri: field(address({ ...clientUri, ...uri })).optional(),
    authMethod: field(oneOf(authMethods)).default("none"),
    redirectUris: z.array(field(redirectUri, note)).default([]),
    /** A file on MAS's side that holds the secret (MAS ≥ 1.7.0). */
    secretFile: field(filePath("/run/secrets/admin_panel")).optional(),
    jwksUri: field(address({ ...jwksUri, ...uri })).optional(),
  })
}

/** An entry that was read, before what follows from it. */
export type ClientConfig = z.output<ReturnType<typeof clientSchema>>

/** A valid entry with all that follows from it. */
export function clientOf(entry: ClientConfig, stack: string, note: Note): ClientSettings {
  const id = entry.id ?? derivedClientId({ stack, name: entry.name })
  if (entry.id === undefined) note(`client ${entry.name} has no id: ${id} is derived from the stack and its name`)
  const redirectUris = [...new Set(entry.redirectUris)]
  if (redirectUris.length < entry.redirectUris.length) note(`client ${entry.name}: a redirect URI stood there twice`)
  return {
    name: entry.name,
    id,
    clientName: entry.clientName ?? entry.name,
    ...(entry.clientUri === undefined ? {} : { clientUri: entry.clientUri }),
    authMethod: entry.authMethod,
    redirectUris,
    credential: credentialOf(entry),
  }
}

function credentialOf({ authMethod, secretFile, jwksUri }: ClientConfig): ClientProof {
  if (jwksUri !== undefined) return { kind: "jwksUri", uri: jwksUri }
  if (secretFile !== undefined) return { kind: "secretFile", path: secretFile }
  return needsSecret(authMethod) ? { kind: "secret" } : { kind: "none" }
}
