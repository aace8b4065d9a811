import { generateKeyPairSync, randomBytes, randomInt } from "node:crypto"

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/** Letters and digits only: fit for YAML, URLs and shells without quoting. Default length: 190 bits' worth. */
export function randomWord(length = 32): string {
  return Array.from({ length }, () => alphanumeric[randomInt(alphanumeric.length)]).join("")
}

/** Bytes as hexadecimal digits, two a byte. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString("hex")
}

/** Synapse's signing key, as `generate_signing_key` prints it: algorithm, version, seed in base64 without padding. */
export function signingKey(): string {
  return `ed25519 a_${randomWord(4)} ${randomBytes(32).toString("base64").replaceAll("=", "")}\n`
}

/** One of MAS's keys: its id and the private key in PEM. */
export interface MasKey {
  readonly kid: string
  readonly pem: string
}

/** The four keys that `mas-cli config generate` makes: RSA, P-256, P-384, K-256 (seen with MAS 1.22). */
export function masKeys(): readonly MasKey[] {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const curves = ["prime256v1", "secp384r1", "secp256k1"].map((namedCurve) =>
    generateKeyPairSync("ec", { namedCurve }).privateKey.export({ type: "sec1", format: "pem" }),
  )
  const all = [privateKey.export({ type: "pkcs1", format: "pem" }), ...curves]
  return all.map((pem) => ({ kid: randomWord(10), pem: String(pem) }))
}
