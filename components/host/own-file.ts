import type { z } from "zod"
import { Refusal } from "../report/refusal.ts"
import type { Host } from "./host.ts"

/**
 * Reads a small JSON file of ours. It was written in one step, so that what is empty, cut off or something else is what a loss
 * of power has left of it, on a file system that keeps no order: an answer, and no error.
 */
export async function readOwnFile<T>(
  host: Host,
  path: string,
  schema: z.ZodType<T>,
): Promise<T | "unreadable" | undefined> {
  const text = await host.readIfPresent(path).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === "host/file-not-text") return ""
    throw error
  })
  if (text === undefined) return undefined
  const read = schema.safeParse(parseJson(text))
  return read.success ? read.data : "unreadable"
}

/** Without the parser's own error, which quotes what it was given. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
