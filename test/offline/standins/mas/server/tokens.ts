import { randomInt } from "node:crypto"
import { crc32 } from "node:zlib"

/** What a token is for, told by its shape alone. */
export type TokenKind = "access" | "refresh" | "compat-access" | "compat-refresh" | "personal"

const prefixes = {
  access: "mat",
  refresh: "mar",
  "compat-access": "mct",
  "compat-refresh": "mcr",
  personal: "mpt",
} as const satisfies Record<TokenKind, string>

const kinds = new Map<string, TokenKind>(Object.entries(prefixes).map(([kind, prefix]) => [prefix, kind as TokenKind]))

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/** A new token: `<prefix>_<30 letters or digits>_<6 of its checksum>`. */
export function newToken(kind: TokenKind): string {
  const base = `${prefixes[kind]}_${randomText(30)}`
  return `${base}_${checksum(base)}`
}

/**
 * What the token is by its shape; `undefined` for a shape MAS does not take. Imported ones of Synapse (`syt_`, `syr_`,
 * macaroons) are taken as they are, without any further check (MAS 1.22, `mas-data-model`, tokens).
 */
export function tokenKind(token: string): TokenKind | undefined {
  if (token.startsWith("syt_") || looksLikeMacaroon(token)) return "compat-access"
  if (token.startsWith("syr_")) return "compat-refresh"
  const match = /^([a-z]{3})_([^_]{30})_([^_]{6})$/.exec(token)
  if (!match) return undefined
  const [, prefix = "", random = "", sum = ""] = match
  return sum === checksum(`${prefix}_${random}`) ? kinds.get(prefix) : undefined
}

/** Letters and digits, drawn evenly. */
export function randomText(length: number): string {
  return Array.from({ length }, () => digits[randomInt(digits.length)]).join("")
}

/** CRC-32 in base 62, the lowest digit first, zeros in front up to six. */
function checksum(base: string): string {
  let left = crc32(base)
  let written = ""
  while (left > 0) {
    written += digits[left % 62]
    left = Math.floor(left / 62)
  }
  return written.padStart(6, "0")
}

/** Synapse's tokens of old were macaroons, whose first packet names the location. */
function looksLikeMacaroon(token: string): boolean {
  if (!/^[A-Za-z0-9_-]+$/.test(token)) return false
  return Buffer.from(token, "base64url").subarray(4, 13).toString("latin1") === "location "
}
