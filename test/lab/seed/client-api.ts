/** A call of the client-server API (or Synapse's admin API) that has to succeed. */
export type Call = (method: string, path: string, body?: object) => Promise<Record<string, unknown>>

/** Calls with this token, against this base address. An answer that is no success is an error with its text. */
export function callsTo(base: string, token?: string): Call {
  return async (method, path, body) => {
    const response = await fetch(new URL(path, base), {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`)
    return JSON.parse(text || "{}") as Record<string, unknown>
  }
}

/** A path with its parameters encoded, as user ids need it. */
export function path(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return parts.reduce((text, part, index) => text + encodeURIComponent(String(values[index - 1])) + part)
}
