import type { DocumentName, Server, ServiceName } from "../lab/server.ts"

/** What the issue calls drift. */
export const kinds = [
  "managed key changed",
  "managed key removed",
  "document made unparsable",
  "duplicate key that shadows ours",
  "client's row changed",
  "client missing in the database",
  "static client in no file",
  "client secret no longer works",
  "shared secret differs",
  "runs with an older file",
  "service does not run",
  "served bytes differ",
  "route answered by Synapse",
  "login flows or metadata changed",
  "endpoint of a log-in answers otherwise",
  "Element's config or version",
  "legacy expected, block found",
  "version changed",
] as const

export type Kind = (typeof kinds)[number]

/** A hand on the server, and what has to come of it. */
export interface Mutator {
  /** What somebody did, in an operator's words. */
  readonly name: string
  readonly kind: Kind
  /** What it changes. Two of which one begins with the other are not looked at together: `mas`, `mas/endpoint`. */
  readonly touches: readonly string[]
  readonly mutate: (server: Server) => Promise<void>
  /** The service that then takes its file; `isPutBack`: and after that the file is as it was, so that only the service has changed. */
  readonly loads?: Loads
  /** What the look has to name. */
  readonly names: (server: Server) => readonly Named[]
  /** What else may be named, since it follows: a part of the key. */
  readonly along?: readonly string[]
  /** What `up` has to restart, and nothing else. Default: nothing. */
  readonly restarts?: readonly ServiceName[]
  /** How a document is in the end, where it is not byte for byte as before. */
  readonly leaves?: readonly Leftover[]
  /** For whoever reads the results. */
  readonly note?: string
}

export interface Loads {
  readonly service: ServiceName
  readonly file: DocumentName | "nginx"
  readonly isPutBack: boolean
}

/** One thing that is found: file, container, database or URL, the key in it, old and new. */
export interface Named {
  /** A pattern, where names of a build are in it. */
  readonly where: string | RegExp
  readonly key?: string
  /** A pattern, where lines and columns are in it. */
  readonly live: string | RegExp
  readonly wanted: string
}

/** `moved`: the same lines in another order, since a key of ours that was gone comes back at the end of its section. */
export interface Leftover {
  readonly file: string
  readonly how: "moved" | ((text: string) => string)
}
