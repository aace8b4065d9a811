import { createPublicKey, verify } from "node:crypto"

/** A JSON object that others sign: a device's keys, or a cross-signing key (Matrix 1.16, "Signing JSON"). */
export type Signed = Readonly<Record<string, unknown>>

/** The ed25519 key of a cross-signing key; `undefined` where it holds none, or more than one. */
export function publicKeyOf({ keys }: Signed): string | undefined {
  if (typeof keys !== "object" || keys === null) return undefined
  const entries = Object.entries(keys).filter(([name]) => name.startsWith("ed25519:"))
  const [only] = entries
  return entries.length === 1 && typeof only?.[1] === "string" ? only[1] : undefined
}

/**
 * Whether this signature was made over this very object by the owner of this key. What cannot be read is no signature:
 * `false`. Synapse keeps signatures of devices that were deleted or have got other keys since, so theirs alone says little.
 */
export function isSignedBy(signed: Signed, publicKey: string, signature: string): boolean {
  const { signatures: _, unsigned: __, ...rest } = signed
  try {
    const x = Buffer.from(publicKey, "base64").toString("base64url")
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" })
    return verify(null, Buffer.from(canonical(rest)), key, Buffer.from(signature, "base64"))
  } catch {
    return false
  }
}

/** Canonical JSON (Matrix 1.16, appendices): keys sorted by code point, no blanks. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).toSorted(([one], [other]) =>
    Buffer.compare(Buffer.from(one), Buffer.from(other)),
  )
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(",")}}`
}
