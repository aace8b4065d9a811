import semver from "semver"
import { request } from "../host/http.ts"
import { Refusal } from "../report/refusal.ts"

/** The version of the Element Web that a site serves: `GET /version` answers with it as text. */
export async function readElementVersion(url: string): Promise<string> {
  const address = new URL("version", url).href
  const { status, text } = await request(undefined, { url: address })
  const version = text.trim()
  if (status === 200 && semver.valid(version) !== null) return version
  throw new Refusal({
    code: "element/version-unknown",
    what: `Element's site does not tell its version (HTTP ${status})`,
    where: { url: address },
    meaning: "Whether it can log in with MAS is not known. Nothing was written.",
    next: "See that `element.url` is the address of an Element Web, then try again.",
  })
}

export function isOlder(version: string, minimum: string): boolean {
  return semver.lt(version, minimum)
}
