import { type Argon2Algorithm, argon2, randomBytes, timingSafeEqual } from "node:crypto"
import { promisify } from "node:util"
import bcrypt from "bcryptjs"
import type { LoadedScheme } from "./config/passwords.ts"

const derive = promisify(argon2)

/** What RustCrypto's argon2 uses unless told otherwise, and so MAS: memory in KiB. */
const argonDefaults = { memory: 19456, passes: 2, parallelism: 1, tagLength: 32 } as const
const defaultBcryptCost = 12

/**
 * Hashes a password as a scheme of `passwords.schemes` says: NFKC first if it is to be normalised, then the pepper
 * behind it for bcrypt (as Synapse does) or as the secret for argon2id. The result is a PHC or modular crypt string.
 */
export async function hashPassword(scheme: LoadedScheme, password: string): Promise<string> {
  const text = normalised(scheme, password)
  if (scheme.algorithm === "bcrypt") {
    return bcrypt.hash(peppered(scheme, text), await bcrypt.genSalt(scheme.cost ?? defaultBcryptCost))
  }
  if (scheme.algorithm !== "argon2id") throw new Error(`the stand-in does not hash with ${scheme.algorithm}`)
  const { memory, passes, parallelism, tagLength } = argonDefaults
  const nonce = randomBytes(16)
  const tag = await derive("argon2id", { ...argonInput(scheme, text), nonce, memory, passes, parallelism, tagLength })
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${phcBase64(nonce)}$${phcBase64(tag)}`
}

/** Whether a stored hash of this scheme's version is of this password. A hash nobody can read is of none. */
export async function verifyPassword(scheme: LoadedScheme, password: string, hash: string): Promise<boolean> {
  const text = normalised(scheme, password)
  if (scheme.algorithm === "bcrypt") return /^\$2[abxy]\$/.test(hash) && bcrypt.compare(peppered(scheme, text), hash)
  const parsed = parseArgon(hash)
  if (!parsed) return false
  const { algorithm, tag, ...parameters } = parsed
  const found = await derive(algorithm, { ...argonInput(scheme, text), ...parameters, tagLength: tag.length })
  return timingSafeEqual(found, tag)
}

/** Bcrypt looks at 72 bytes only; both Synapse and MAS cut there. */
function peppered({ pepper }: LoadedScheme, text: string): string {
  return text + (pepper?.toString() ?? "")
}

function normalised({ unicodeNormalization }: LoadedScheme, password: string): string {
  return unicodeNormalization ? password.normalize("NFKC") : password
}

function argonInput({ pepper }: LoadedScheme, text: string) {
  return { message: Buffer.from(text), ...(pepper ? { secret: pepper } : {}) }
}

interface ArgonHash {
  readonly algorithm: Argon2Algorithm
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
  readonly nonce: Buffer
  readonly tag: Buffer
}

function parseArgon(hash: string): ArgonHash | undefined {
  const pattern = /^\$(argon2(?:id|i|d))\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/
  const [, algorithm, memory, passes, parallelism, nonce, tag] = pattern.exec(hash) ?? []
  if (!algorithm || !nonce || !tag) return undefined
  return {
    algorithm: algorithm as Argon2Algorithm,
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    nonce: Buffer.from(nonce, "base64"),
    tag: Buffer.from(tag, "base64"),
  }
}

function phcBase64(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "")
}
