import { createHash } from "node:crypto"

/** Crockford's alphabet: digits and capitals without I, L, O and U. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** Ten characters of time, all zero: what we derive is recognisable, and claims no date. */
const noTime = "0000000000"

/**
 * A client id as MAS stores it: a ULID in capitals. `undefined` where the text is none.
 *
 * MAS takes lower case and stores capitals (seen with MAS 1.22). It passes over a first character above 7, which
 * overflows 128 bits and ends as another id than the one written, so that is refused here.
 */
export function parseClientId(text: string): string | undefined {
  const id = text.toUpperCase()
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id) ? id : undefined
}

/** Why MAS would not take a text as a client id, in plain words; `undefined` where it would. */
export function whyNotClientId(text: string): string | undefined {
  if (parseClientId(text) !== undefined) return undefined
  if (text.length !== 26) return `a ULID has 26 characters, this has ${text.length}`
  const stranger = [...text.toUpperCase()].find((character) => !alphabet.includes(character))
  if (stranger !== undefined) return `a ULID has no ${JSON.stringify(stranger)}: digits and A to Z without I, L, O, U`
  return "it begins above 7: such an id does not fit into 128 bits"
}

/**
 * The id of a client that was given none: always the same for one stack and one name, so that the client keeps its id
 * whoever runs the program. Ten zeros for the time, then the first 80 bits of a SHA-256 over stack and name.
 *
 * Renaming the client or the stack therefore means another client: write the old id into the config before that.
 */
export function derivedClientId({ stack, name }: { readonly stack: string; readonly name: string }): string {
  const digest = createHash("sha256")
    .update(JSON.stringify(["matrix-auth/client-id/1", stack, name]))
    .digest()
  const bits = BigInt(`0x${digest.subarray(0, 10).toString("hex")}`)
  const characters = Array.from({ length: 16 }, (_, place) => alphabet[Number((bits >> BigInt(5 * place)) & 31n)])
  return noTime + characters.reverse().join("")
}
