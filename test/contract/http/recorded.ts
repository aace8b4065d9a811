import { readFile } from "node:fs/promises"

/**
 * What the real MAS 1.22.0 was seen to answer, in the order it was asked: the part of the capture that asks MAS without
 * a browser. Tokens are named `<…>`; so are here the times and ids that are new at every run (`<now>`, `<ulid>`, …).
 */
export interface RecordedExchange {
  readonly name: string
  readonly to: "mas" | "mas-internal"
  readonly method: "GET" | "POST"
  readonly path: string
  readonly request_headers?: Readonly<Record<string, string>>
  readonly request_json?: unknown
  readonly request_form?: Readonly<Record<string, string>>
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly text?: string
}

/** What it called on its homeserver after that; `arguments` are those of the `manage` command, if it was one. */
export interface RecordedCalls {
  readonly after: string
  readonly arguments?: readonly string[]
  readonly calls: readonly RecordedCall[]
}

export interface RecordedCall {
  readonly method: string
  readonly path: string
  readonly authorization: string
  readonly request: unknown
  readonly status: number
  readonly response: unknown
}

export function recordedExchanges(): Promise<readonly RecordedExchange[]> {
  return read("http.json")
}

export function recordedCalls(): Promise<readonly RecordedCalls[]> {
  return read("http-calls.json")
}

/** Lines of its access log, the pages and the homeserver's own questions among them. */
export function recordedLog(): Promise<readonly string[]> {
  return read("http-log.json")
}

async function read<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`../recorded/${name}`, import.meta.url), "utf8")) as T
}
