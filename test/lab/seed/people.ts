/** One account of the lab, as its owner would tell it. */
export interface Person {
  readonly localpart: string
  /** How many devices are logged in; each has one access token. */
  readonly devices: number
  /** How many of these devices asked for a refresh token. */
  readonly refreshing?: number
  readonly emails?: readonly string[]
  readonly phones?: readonly string[]
  /** `auth_provider` and `external_id`, as an admin would set them. */
  readonly externalId?: { readonly provider: string; readonly subject: string }
  readonly is?: "admin" | "deactivated" | "locked" | "guest"
  /** Without it, the keys of a lost device are lost. */
  readonly keyBackup?: boolean
}

/**
 * Shaped as the first customer: 21 accounts and 41 access tokens that MAS takes over. The guest's own token and those of
 * the application service come on top: syn2mas leaves them out.
 */
export const people: readonly Person[] = [
  { localpart: "alice", devices: 4, is: "admin", emails: ["alice@example.org"], keyBackup: true },
  { localpart: "bob", devices: 3, refreshing: 1, emails: ["bob@example.org", "robert@example.org"], keyBackup: true },
  { localpart: "carol", devices: 3, emails: ["carol@example.org"], keyBackup: true },
  { localpart: "dave", devices: 3, refreshing: 1 },
  { localpart: "erin", devices: 3, keyBackup: true },
  { localpart: "frank", devices: 3 },
  { localpart: "grace", devices: 3, emails: ["Grace.Hopper@Example.org"], keyBackup: true },
  { localpart: "heidi", devices: 2 },
  { localpart: "ivan", devices: 2, keyBackup: true },
  { localpart: "judy", devices: 2 },
  { localpart: "kim", devices: 2, externalId: { provider: "oidc-dex", subject: "kim-at-dex" } },
  { localpart: "leo", devices: 2 },
  { localpart: "mallory", devices: 2, is: "locked" },
  { localpart: "nina", devices: 2 },
  { localpart: "oscar", devices: 1 },
  { localpart: "peggy.o-connor_1=x/y", devices: 1 },
  { localpart: "quentin", devices: 1, emails: ["quentin@example.org"] },
  { localpart: "rupert", devices: 1 },
  { localpart: "sybil", devices: 1 },
  { localpart: "trent", devices: 0, is: "deactivated" },
  { localpart: "victor", devices: 0, is: "guest" },
]

/** The password that goes with an account: known to the lab alone. */
export function passwordOf(localpart: string): string {
  return `the old pässword of ${localpart}`
}

/** The id of an account's nth device, counted from 1. */
export function deviceOf(localpart: string, nth: number): string {
  return `${localpart.replace(/[^a-z]/g, "").toUpperCase()}${String(nth).padStart(2, "0")}`
}
