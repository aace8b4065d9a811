import type { Answered, LoginPlaces } from "./rule.ts"

type Judge = (answer: Answered, places: LoginPlaces) => string | undefined
/** One that needs not know where it was asked. */
type Anywhere = (answer: Answered) => string | undefined

/** The first complaint counts. */
export function all(...judges: readonly Judge[]): Judge {
  return (answer, places) => {
    for (const judge of judges) {
      const wrong = judge(answer, places)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }
}

export function status(...right: readonly number[]): Judge {
  return (answer) => (right.includes(answer.status) ? undefined : "not served")
}

/** What a page of another origin may read (Fetch, section 3.3): one value, `*` or that very origin. */
export function readableInBrowsers({ headers }: Answered, { origin }: LoginPlaces): string | undefined {
  const allowed = headers["access-control-allow-origin"]
  if (allowed === "*" || allowed === origin) return undefined
  if (allowed === undefined) return "browsers keep it from clients: no Access-Control-Allow-Origin"
  return allowed.includes(",")
    ? "browsers keep it from clients: Access-Control-Allow-Origin comes twice"
    : "browsers keep it from clients: Access-Control-Allow-Origin lets another origin in"
}

/** What a browser asks before it sends a request with JSON, a form or a token in it. */
export function preflight(method: string, ...sent: readonly string[]): Judge {
  return all(status(200, 204), readableInBrowsers, ({ headers }) => {
    const methods = listIn(headers["access-control-allow-methods"])
    const allowed = listIn(headers["access-control-allow-headers"])
    if (!isListed(methods, method)) return `browsers do not send it: Access-Control-Allow-Methods lacks ${method}`
    // `*` does not stand for this one.
    const missing = sent.filter((name) =>
      name === "authorization" ? !allowed.includes(name) : !isListed(allowed, name),
    )
    return missing.length === 0
      ? undefined
      : `browsers do not send it: Access-Control-Allow-Headers lacks ${missing[0]}`
  })
}

function listIn(value: string | undefined): readonly string[] {
  return (value ?? "").split(",").map((name) => name.trim().toLowerCase())
}

function isListed(list: readonly string[], name: string): boolean {
  return list.includes("*") || list.includes(name.toLowerCase())
}

export type Fields = Readonly<Record<string, unknown>>

/** Judges a JSON object; all else is no answer to the question. */
export function document(judge: (fields: Fields, places: LoginPlaces) => string | undefined): Judge {
  return ({ text }, places) => {
    const fields = fieldsIn(text)
    return fields === undefined ? "not the JSON that it should be" : judge(fields, places)
  }
}

/** The fields of a JSON object; `undefined`: it is none. */
export function fieldsIn(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
  } catch {
    return undefined
  }
}

/** A refusal as OAuth has them (RFC 6749, section 5.2; RFC 7591, section 3.2.2): who says this knows the endpoint. */
export const oauthRefusal: Judge = all(status(400, 401), ({ status: code, text }) => {
  const error = fieldsIn(text)?.error
  const isRefusal = code === 400 ? typeof error === "string" : error === "invalid_client"
  return isRefusal ? undefined : "not a refusal of OAuth"
})

/** A refusal of Matrix by somebody who knows the endpoint: 404 and 405 are told by who does not. */
export const matrixRefusal: Anywhere = ({ status, text }) => {
  if (![400, 401, 403, 429].includes(status)) return "not served"
  const errcode = fieldsIn(text)?.errcode
  return typeof errcode === "string" && errcode !== "M_UNRECOGNIZED" ? undefined : "not a refusal of Matrix"
}
