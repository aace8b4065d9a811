const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

/** A ULID as the UUID that MAS keeps in its database: the same 128 bits. */
export function uuidOfUlid(ulid: string): string {
  const bits = [...ulid].reduce((sum, character) => sum * 32n + BigInt(alphabet.indexOf(character)), 0n)
  const hex = bits.toString(16).padStart(32, "0").slice(-32)
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}

/** The ULID of a UUID in MAS's database, in capitals. */
export function ulidOfUuid(uuid: string): string {
  const bits = BigInt(`0x${uuid.replaceAll("-", "")}`)
  return Array.from({ length: 26 }, (_, place) => alphabet[Number((bits >> BigInt(5 * (25 - place))) & 31n)]).join("")
}
