import { isList, type JsonValue, sameValue } from "../documents/json-value.ts"
import type { Host } from "../host/host.ts"
import type { DriftItem } from "../report/drift-item.ts"
import type { Fields } from "./client-file.ts"
import { parseClientId } from "./client-id.ts"
import { type ClientRow, staticGrants } from "./client-rows.ts"
import { uuidOfUlid } from "./ulid.ts"

/** A client, in words that anybody may see: what MAS's config says of it, what MAS's database does, and its secret. */
export interface ClientView {
  /** Its entry in `clients`. */
  readonly entry: Fields
  /** Its row in `oauth2_clients`, in the words of the config; empty where there is none. */
  readonly registered: Fields
  /** Of a client that proves itself by a secret: whether MAS takes it. */
  readonly proof?: string
}

export const secretTaken = "MAS takes the secret"
export const secretRefused = "MAS refuses the secret"

/** What an entry may say (MAS 1.22, configuration reference); other keys MAS passes over, and so do we. */
const known = [
  ...["client_id", "client_auth_method", "client_name", "client_uri", "redirect_uris"],
  ...["client_secret", "client_secret_file", "jwks", "jwks_uri"],
]

/** How a client is to be, given its entry; `secret` where it proves itself by one, which stands in the entry or in a file that this names. */
export function wantedView(entry: Fields, secret: string | undefined): ClientView {
  const { client_id: _, client_secret: __, client_secret_file: file, ...row } = entry
  return {
    entry: secret === undefined || file !== undefined ? entry : { ...entry, client_secret: "(as declared)" },
    registered: { ...row, grants: staticGrants },
    ...(secret === undefined ? {} : { proof: secretTaken }),
  }
}

/** A client as it was found. What means the same as wanted reads as wanted. */
export function liveView(
  found: { readonly entry: Fields | undefined; readonly row: ClientRow | undefined; readonly proof?: string },
  wanted: ClientView,
  secret: string | undefined,
): ClientView {
  const { client_secret: inFile, ...entry } = onlyKnown(found.entry ?? {})
  const words = inFile === undefined ? {} : { client_secret: inFile === secret ? "(as declared)" : "(another one)" }
  return {
    entry: inWordsOf(wanted.entry, { ...entry, ...words }),
    registered: inWordsOf(wanted.registered, withoutNothing({ ...found.row })),
    ...(found.proof === undefined ? {} : { proof: found.proof }),
  }
}

function onlyKnown(entry: Fields): Fields {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => known.includes(key)))
}

function withoutNothing(row: object): Fields {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}

function inWordsOf(wanted: Fields, live: Fields): Fields {
  const entries = Object.entries(live)
  return Object.fromEntries(
    entries.map(([key, value]) => [key, means(value, wanted[key]) ? (wanted[key] ?? value) : value]),
  )
}

/** MAS writes URIs as WHATWG URL does (seen with MAS 1.22.0); their order, and the case of an id, mean nothing. */
function means(live: JsonValue, wanted: JsonValue | undefined): boolean {
  return wanted !== undefined && sameValue(normal(live), normal(wanted))
}

function normal(value: JsonValue): JsonValue {
  if (isList(value)) return value.map(normal).toSorted((one, other) => (String(one) < String(other) ? -1 : 1))
  if (typeof value !== "string") return value
  return parseClientId(value) ?? (URL.canParse(value) ? new URL(value).href : value)
}

/** Where a client is, for people. */
export interface ClientPlace {
  readonly clientId: string
  readonly config: string
}

/** How a client differs from how it is to be, each thing by its name. */
export function driftOfClient(host: Host, place: ClientPlace, live: ClientView, wanted: ClientView): DriftItem[] {
  const path = `clients[client_id=${place.clientId}]`
  const inFile = { host: host.name, file: place.config }
  const row = `oauth2_clients[${uuidOfUlid(place.clientId)}]`
  const inDatabase = { host: host.name, database: "mas" }
  const isGone = Object.keys(live.registered).length === 0
  return [
    ...fieldItems("key", live.entry, wanted.entry).map((item) => ({
      ...item,
      where: { ...inFile, keyPath: `${path}.${item.field}` },
    })),
    ...(isGone
      ? [{ kind: "row" as const, live: "(absent)", wanted: "(there)", where: { ...inDatabase, keyPath: row } }]
      : fieldItems("row", live.registered, wanted.registered).map((item) => ({
          ...item,
          where: { ...inDatabase, keyPath: `${row}.${item.field}` },
        }))),
    ...(live.proof === undefined || live.proof === wanted.proof
      ? []
      : [
          {
            kind: "secret" as const,
            live: live.proof,
            wanted: secretTaken,
            where: { ...inFile, keyPath: `${path}.client_secret` },
          },
        ]),
  ].map(({ kind, live: is, wanted: will, where }) => ({ kind, where, live: is, wanted: will }))
}

function fieldItems<Kind extends "key" | "row">(kind: Kind, live: Fields, wanted: Fields) {
  const fields = [...new Set([...Object.keys(wanted), ...Object.keys(live)])]
  return fields
    .filter((field) => !sameValue(live[field] ?? null, wanted[field] ?? null))
    .map((field) => ({ kind, field, live: inWords(live[field]), wanted: inWords(wanted[field]) }))
}

/** What becomes of a client that this stack did not know yet: where it is, and what changes there, old → new. */
export function adoption(live: ClientView, wanted: ClientView): string[] {
  const [isInFile, isInDatabase] = [isThere(live.entry), isThere(live.registered)]
  const inFile = changesOf(live.entry, wanted.entry)
  if (!isInFile && !isInDatabase) return ["new to MAS", ...inFile]
  // What the entry says of a field is not said again of its row.
  const inDatabase = isInDatabase
    ? changesOf(live.registered, wanted.registered).filter((line) => !inFile.includes(line))
    : []
  const rows = inDatabase.map((line) => `in MAS's database: ${line}`)
  return [
    `${whereIs(isInFile, isInDatabase)}; ${whatChanges(inFile.length > 0, inDatabase.length > 0)}`,
    ...inFile,
    ...rows,
  ]
}

function whereIs(isInFile: boolean, isInDatabase: boolean): string {
  if (isInFile && isInDatabase) return "known to MAS"
  return isInFile ? "in MAS's config, not in its database yet" : "in MAS's database, not in its config"
}

function whatChanges(entry: boolean, row: boolean): string {
  if (entry) return row ? "its entry changes, and its row in MAS's database" : "its entry changes"
  return row ? "nothing in its entry changes, its row in MAS's database does" : "nothing in its entry changes"
}

/**
 * Where a client comes or changes, in words: `goes into MAS's config and database`; `undefined` where it is as wanted. A
 * secret is in both, and shown by the config alone.
 */
export function sayWhere(live: ClientView, wanted: ClientView): string | undefined {
  const isOtherSecret = live.entry.client_secret !== wanted.entry.client_secret
  const changes = {
    config: changesOf(live.entry, wanted.entry).length > 0,
    database: changesOf(live.registered, wanted.registered).length > 0 || isOtherSecret,
  }
  const isNew = { config: !isThere(live.entry), database: !isThere(live.registered) }
  const of = (arrives: boolean) =>
    (["config", "database"] as const).filter((place) => changes[place] && isNew[place] === arrives)
  const said = [
    ["goes into", of(true)],
    ["changes in", of(false)],
  ] as const
  const parts = said
    .filter(([, places]) => places.length > 0)
    .map(([how, places]) => `${how} MAS's ${places.join(" and ")}`)
  return parts.length === 0 ? undefined : parts.join(", and ")
}

/** Where a client is that goes: `goes out of MAS's database`. */
export function sayWhereFrom(live: ClientView): string | undefined {
  const places = [...(isThere(live.entry) ? ["config"] : []), ...(isThere(live.registered) ? ["database"] : [])]
  return places.length === 0 ? undefined : `goes out of MAS's ${places.join(" and ")}`
}

function isThere(fields: Fields): boolean {
  return Object.keys(fields).length > 0
}

function changesOf(live: Fields, wanted: Fields): string[] {
  return fieldItems("key", live, wanted).map(({ field, live: is, wanted: will }) => `${field}: ${is} → ${will}`)
}

function inWords(value: JsonValue | undefined): string {
  if (value === undefined) return "(absent)"
  return typeof value === "string" ? value : JSON.stringify(value)
}
