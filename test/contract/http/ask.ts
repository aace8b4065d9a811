import type { Names } from "./names.ts"
import type { RecordedExchange } from "./recorded.ts"

/** An answer, reduced to what recordings hold. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON, where that is what it is. */
  readonly json: unknown
}

export interface Question {
  readonly method?: "GET" | "POST"
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
}

/** Asks once, follows no redirect, and names itself as the recording's client did, for the log's sake. */
export async function ask(url: string, { method, headers, json, form }: Question = {}): Promise<Answer> {
  const body = json === undefined ? form && new URLSearchParams(form).toString() : JSON.stringify(json)
  const type = json === undefined ? "application/x-www-form-urlencoded" : "application/json"
  const sent = new Headers({
    "user-agent": "Python-urllib/3.11",
    ...(body === undefined ? {} : { "content-type": type }),
  })
  for (const [name, value] of Object.entries(headers ?? {})) sent.set(name, value)
  const response = await fetch(url, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    redirect: "manual",
    headers: sent,
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? (JSON.parse(text) as unknown) : undefined,
  }
}

/** Asks again what was asked when the recording was made, with the names in it filled. */
export function askAgain(exchange: RecordedExchange, base: string, names: Names): Promise<Answer> {
  const filled = JSON.parse(names.fill(JSON.stringify(exchange))) as RecordedExchange
  return ask(base + filled.path, {
    method: filled.method,
    ...(filled.request_headers ? { headers: filled.request_headers } : {}),
    ...(filled.request_json === undefined ? {} : { json: filled.request_json }),
    ...(filled.request_form ? { form: filled.request_form } : {}),
  })
}
