import { randomBytes } from "node:crypto"

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
const ulidLength = 26

/** MAS takes lower case and stores upper; a first character above 7 overflows without a word (seen with MAS 1.22). */
export function parseUlid(text: string): { readonly ulid: string } | { readonly mistake: string } {
  if (text.length !== ulidLength) return { mistake: "invalid length" }
  const upper = text.toUpperCase()
  if ([...upper].some((character) => !alphabet.includes(character))) return { mistake: "invalid character" }
  return { ulid: uuidToUlid(ulidToUuid(upper)) }
}

/** A ULID of a time in milliseconds, as the uuid that MAS's tables hold. */
export function newUuid(milliseconds: number = Date.now()): string {
  const time = Math.max(0, Math.trunc(milliseconds)).toString(16).padStart(12, "0").slice(-12)
  return dashed(time + randomBytes(10).toString("hex"))
}

export function newUlid(milliseconds?: number): string {
  return uuidToUlid(newUuid(milliseconds))
}

/** The same 128 bits, written the other way. */
export function uuidToUlid(uuid: string): string {
  let rest = BigInt(`0x${uuid.replaceAll("-", "")}`)
  let ulid = ""
  for (let index = 0; index < ulidLength; index++) {
    ulid = alphabet.charAt(Number(rest & 31n)) + ulid
    rest >>= 5n
  }
  return ulid
}

export function ulidToUuid(ulid: string): string {
  const bits = [...ulid.toUpperCase()].reduce((sum, character) => (sum << 5n) | BigInt(alphabet.indexOf(character)), 0n)
  return dashed((bits & ((1n << 128n) - 1n)).toString(16).padStart(32, "0"))
}

/** Milliseconds since 1970 in a uuid that is a ULID. */
export function uuidTime(uuid: string): number {
  return Number.parseInt(uuid.replaceAll("-", "").slice(0, 12), 16)
}

function dashed(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
}
