import type { DocumentName, Server } from "../lab/server.ts"
import type { Mutator, Named } from "./mutator.ts"

/** An edit of one document, and what the look says of its keys: path in the document, old, new. */
export interface DocumentEdit extends Pick<Mutator, "name" | "kind" | "along" | "restarts" | "note"> {
  readonly edit: (text: string, server: Server) => string
  /** Keys that are found: path, live, wanted. */
  readonly keys: readonly Key[] | ((server: Server) => readonly Key[])
  /** What of the document it touches. Default: all of it. */
  readonly part?: string
  /** `moved`: the same lines, in another order. Or what the text is in the end, from what it was before. */
  readonly leaves?: "moved" | ((text: string) => string)
}

export type Key = readonly [path: string, live: string | RegExp, wanted: string]

/** Hands on one of the four documents. */
export function inDocument(file: DocumentName, edits: readonly DocumentEdit[]): readonly Mutator[] {
  return edits.map(({ edit, keys, part, leaves, ...rest }) => ({
    ...rest,
    touches: [part === undefined ? file : `${file}/${part}`],
    mutate: (server) => server.edit(file, (text) => edit(text, server)),
    names: (server) => namesIn(server, file, typeof keys === "function" ? keys(server) : keys),
    ...(leaves === undefined ? {} : { leaves: [{ file: belowHost[file], how: leaves }] }),
  }))
}

export function namesIn(server: Server, file: DocumentName, keys: readonly Key[]): readonly Named[] {
  return keys.map(([key, live, wanted]) => ({ where: server.files[file], key, live, wanted }))
}

/** Paths below the server's folder, as in a `World`. */
export const belowHost: Readonly<Record<DocumentName, string>> = {
  homeserver: "synapse/homeserver.yaml",
  mas: "mas/config.yaml",
  wellKnown: "wellknown/client.json",
  element: "element/config.json",
}

/** Replaces what has to be there once. */
export function replacing(from: string | RegExp, to: string) {
  return (text: string): string => {
    const parts = text.split(from)
    if (parts.length !== 2) throw new Error(`${from} stands ${parts.length - 1} times in the document`)
    return text.replace(from, () => to)
  }
}

/** Sets a key of a section, wherever in the section it stands; both in YAML, indented by two. */
export function setting(section: string, key: string, to: string) {
  const place = new RegExp(`(^${section}:\\n(?: {2}.*\\n|\\n)*? {2}${key}: ).*`, "m")
  return (text: string): string => {
    if (!place.test(text)) throw new Error(`${section}.${key} does not stand in the document`)
    return text.replace(place, (_, before: string) => before + to)
  }
}

/** Takes a key of a section out, wherever in the section it stands. */
export function without(section: string, key: string) {
  const place = new RegExp(`(^${section}:\\n(?: {2}.*\\n|\\n)*?) {2}${key}: .*\\n`, "m")
  return (text: string): string => {
    if (!place.test(text)) throw new Error(`${section}.${key} does not stand in the document`)
    return text.replace(place, "$1")
  }
}
