import { isDeepStrictEqual } from "node:util"
import type { Host } from "../host/host.ts"
import { request } from "../host/http.ts"

/** How a document is to be served, in words. */
export const asTheFile = "as the file has it"

/**
 * Whether what is served at an address is the document on the host, read as JSON where it is JSON: a proxy may write it
 * more briefly. Asked past caches. Throws as `request` does when nobody answers.
 */
export async function lookWhatIsServed(host: Host, file: string, url: string): Promise<string> {
  const fresh = new URL(url)
  fresh.searchParams.set("matrix-auth", String(Date.now()))
  const { status, text } = await request(undefined, { url: fresh.href, headers: { "cache-control": "no-cache" } })
  if (status !== 200) return `not at all (HTTP ${status})`
  return means(text, await host.read(file)) ? asTheFile : "otherwise than the file has it"
}

function means(served: string, file: string): boolean {
  if (served === file) return true
  const [one, other] = [parsed(served), parsed(file)]
  return one !== undefined && isDeepStrictEqual(one, other)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""))
  } catch {
    return undefined
  }
}
