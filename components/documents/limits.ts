/**
 * What a document may be at most. A homeserver.yaml with all its comments has some 150,000 characters, 5,000 values and
 * a depth of 8. Beyond these limits a document is refused by name before anything is touched, so that none can stop us.
 */
export const limits = {
  /** UTF-16 code units. */
  characters: 1_000_000,
  /** Keys and values that stand in the text. */
  values: 60_000,
  /** Maps and lists within one another, as they stand in the text or with all aliases followed. */
  depth: 50,
  /** Values with all aliases followed: an alias counts as much as what it stands for. */
  followed: 300_000,
  /** Characters, and milliseconds, that the search for what to take back of a broken document may take. */
  repair: 4_000_000,
  repairMilliseconds: 5_000,
  /** Problems that are told of one document; the rest is counted. */
  problems: 20,
} as const

/** `150,000`, as people write it. */
export function counted(limit: number): string {
  return limit.toLocaleString("en")
}

export const tooLong = `the document has more than ${counted(limits.characters)} characters, too many to be edited safely`
export const tooMany = `more than ${counted(limits.values)} values come before this place, too many to be edited safely`
export const tooDeep = `maps and lists go more than ${limits.depth} deep here, too deep for most readers`
export const tooManyFollowed = `with its aliases followed the document has more than ${counted(limits.followed)} values`
