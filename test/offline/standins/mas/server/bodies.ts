import type { z } from "zod"
import { type Call, matrixError } from "./call.ts"

/** The body of a Matrix request, which need not name its type but must not name another. */
export function matrixBody<T>(call: Call, shape: z.ZodType<T>): T {
  const type = call.headers["content-type"]
  if (type !== undefined && !isJson(type)) {
    throw matrixError(400, "M_NOT_JSON", "Invalid Content-Type header: expected application/json")
  }
  const parsed = shape.safeParse(parseJson(call.body))
  if (!parsed.success) throw matrixError(400, "M_BAD_JSON", "JSON fields are not valid")
  return parsed.data
}

/** The fields of a form; `undefined` when the body is of another type. */
export function formFields(call: Call): URLSearchParams | undefined {
  const type = call.headers["content-type"]?.split(";")[0]?.trim().toLowerCase()
  return type === "application/x-www-form-urlencoded" ? new URLSearchParams(call.body) : undefined
}

/** The token of `Authorization: Bearer …`. */
export function bearer(call: Call): string | undefined {
  return /^bearer (.+)$/i.exec(call.headers.authorization ?? "")?.[1]?.trim()
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    throw matrixError(400, "M_NOT_JSON", "Body is not a valid JSON document")
  }
}

function isJson(type: string): boolean {
  return /^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(type.trim())
}
