import { parseClientId } from "../mas/client-id.ts"
import { type AuthMethod, authMethods, type ClientSettings, clientOf, clientSchema, needsSecret } from "./clients.ts"
import { type Complaint, isNothing, type Note, textOf } from "./fields.ts"
import { type Evidence, type Mistake, mistakeAt, mistakesOf, unknownKey } from "./mistakes.ts"
import { isMapping, type Mapping } from "./raw.ts"

export interface ClientContext {
  readonly stack: string
  readonly lab: boolean
  readonly note: Note
  readonly evidence: Evidence
}

/** Reads `clients` together with `clientSecrets`; each entry by itself, so that one mistake does not hide the next. */
export function readClients(raw: Mapping, context: ClientContext): { clients: ClientSettings[]; mistakes: Mistake[] } {
  const { evidence } = context
  const list = raw.clients ?? []
  if (!Array.isArray(list)) {
    const complaint = { expected: "a list of clients", example: "[{name: element, redirectUris: […]}]" }
    return { clients: [], mistakes: [mistakeAt(["clients"], complaint, evidence)] }
  }
  const schema = clientSchema(context.lab, context.note)
  const readings = list.map((entry) => schema.safeParse(entry))
  const mistakes = [
    ...readings.flatMap(({ error }, index) => (error ? mistakesOf(error, schema, evidence, ["clients", index]) : [])),
    ...repeated(list, evidence),
    ...list.flatMap((entry, index) => credentialMistakes(entry, index, evidence)),
    ...strayMistakes(raw, list, evidence),
  ]
  const clients = readings.flatMap(({ data }) => (data ? [clientOf(data, context.stack, context.note)] : []))
  return { clients, mistakes }
}

/** Two clients of one name, and two of one id: MAS would let the later one win without a word (seen with MAS 1.22). */
function repeated(list: readonly unknown[], evidence: Evidence): Mistake[] {
  const keys = [
    { key: "name", read: (value: unknown) => textOf(value).toLowerCase(), expected: "a name that no other client has" },
    { key: "id", read: (value: unknown) => parseClientId(textOf(value)), expected: "an id that no other client has" },
  ]
  return keys.flatMap(({ key, read, expected }) => {
    const values = list.map((entry) => (isMapping(entry) && !isNothing(entry[key]) ? read(entry[key]) : undefined))
    return values.flatMap((value, index) => {
      const first = values.indexOf(value)
      if (value === undefined || first === index) return []
      const example = key === "id" ? "leave it out: one is derived" : "element-desktop"
      return [mistakeAt(["clients", index, key], { expected, example, why: `clients[${first}] has it` }, evidence)]
    })
  })
}

/** What a client has to prove itself with, as it stands in the config. */
interface Proofs {
  readonly method: AuthMethod
  readonly name: string
  readonly secret: boolean
  readonly secretFile: boolean
  readonly jwksUri: boolean
}

interface CredentialRule {
  readonly key: "authMethod" | "secretFile" | "jwksUri"
  readonly breaks: (proofs: Proofs) => boolean
  readonly complaint: (proofs: Proofs) => Complaint
}

/** MAS refuses each of these, too, one at a time, at `config check` (seen with MAS 1.22). */
const credentialRules: readonly CredentialRule[] = [
  {
    key: "authMethod",
    breaks: ({ method, secret, secretFile, jwksUri }) => method === "none" && (secret || secretFile || jwksUri),
    complaint: () => ({
      expected: "a method that uses the secret or the keys, or neither of them",
      example: "client_secret_basic",
      why: "a public client has no secret and no keys",
    }),
  },
  {
    key: "authMethod",
    breaks: ({ method, secret, secretFile }) => needsSecret(method) && !secret && !secretFile,
    complaint: ({ method, name }) => ({
      expected: "a secret for this client",
      example: `pulumi config set --secret --path clientSecrets.${name}`,
      why: `${method} needs one`,
    }),
  },
  {
    key: "secretFile",
    breaks: ({ secret, secretFile }) => secret && secretFile,
    complaint: ({ name }) => ({
      expected: "one secret",
      example: "leave one of the two out",
      why: `clientSecrets.${name} is there as well`,
    }),
  },
  {
    key: "authMethod",
    breaks: ({ method, secret, secretFile }) => method === "private_key_jwt" && (secret || secretFile),
    complaint: () => ({
      expected: "no secret",
      example: "leave the secret out",
      why: "private_key_jwt has keys instead",
    }),
  },
  {
    key: "jwksUri",
    breaks: ({ method, jwksUri }) => method === "private_key_jwt" && !jwksUri,
    complaint: () => ({
      expected: "where the client's public keys are",
      example: "https://app.example.org/jwks.json",
      why: "private_key_jwt needs it",
    }),
  },
  {
    key: "jwksUri",
    breaks: ({ method, jwksUri }) => needsSecret(method) && jwksUri,
    complaint: ({ method }) => ({
      expected: "no keys",
      example: "leave it out",
      why: `${method} has a secret instead`,
    }),
  },
]

/** Looked at even where another key of the entry is wrong, as long as its method can be told. */
function credentialMistakes(entry: unknown, index: number, evidence: Evidence): Mistake[] {
  const method = methodOf(entry)
  if (!isMapping(entry) || method === undefined) return []
  const secrets = isMapping(evidence.raw) ? evidence.raw.clientSecrets : undefined
  const name = textOf(entry.name)
  const proofs: Proofs = {
    method,
    name,
    secret: isMapping(secrets) && Object.hasOwn(secrets, name) && !isNothing(secrets[name]),
    secretFile: !isNothing(entry.secretFile),
    jwksUri: !isNothing(entry.jwksUri),
  }
  const broken = credentialRules.find(({ breaks }) => breaks(proofs))
  return broken === undefined ? [] : [mistakeAt(["clients", index, broken.key], broken.complaint(proofs), evidence)]
}

function methodOf(entry: unknown): AuthMethod | undefined {
  if (!isMapping(entry)) return undefined
  return isNothing(entry.authMethod) ? "none" : authMethods.find((method) => method === entry.authMethod)
}

/** Secrets of clients that are not there: a name was mistyped, or the client was renamed. */
function strayMistakes(raw: Mapping, list: readonly unknown[], evidence: Evidence): Mistake[] {
  const secrets = raw.clientSecrets
  if (isNothing(secrets)) return []
  if (!isMapping(secrets)) {
    return [
      mistakeAt(
        ["clientSecrets"],
        { expected: "secrets by the name of their client", example: "{admin_panel: …}" },
        evidence,
      ),
    ]
  }
  const names = list.flatMap((entry) => (isMapping(entry) && typeof entry.name === "string" ? [entry.name] : []))
  return Object.keys(secrets)
    .filter((name) => !names.includes(name))
    .map((name) => unknownKey(["clientSecrets", name], names))
}
