import type { Cursor } from "./cursor.ts"
import { exactSecret } from "./secret.ts"

const algorithms = ["bcrypt", "argon2id", "pbkdf2"] as const

export interface PasswordsConfig {
  readonly enabled: boolean
  readonly schemes: readonly PasswordScheme[]
  /** 0 to 4, as zxcvbn scores. */
  readonly minimumComplexity: number
}

export interface PasswordScheme {
  readonly version: number
  readonly algorithm: (typeof algorithms)[number]
  readonly cost: number | undefined
  readonly secret: string | undefined
  readonly secretFile: string | undefined
  readonly unicodeNormalization: boolean
}

/** A scheme whose pepper is at hand. */
export interface LoadedScheme extends PasswordScheme {
  readonly pepper: Buffer | undefined
}

const defaultScheme: PasswordScheme = {
  version: 1,
  algorithm: "argon2id",
  cost: undefined,
  secret: undefined,
  secretFile: undefined,
  unicodeNormalization: false,
}

export function readPasswords(root: Cursor): PasswordsConfig {
  const cursor = root.section("passwords", "PasswordsConfig")
  return {
    enabled: cursor.given("enabled")?.boolean() ?? true,
    minimumComplexity: cursor.given("minimum_complexity")?.integer("u8") ?? 3,
    schemes: cursor.given("schemes")?.items().map(readScheme) ?? [defaultScheme],
  }
}

function readScheme(cursor: Cursor): PasswordScheme {
  return {
    algorithm: cursor.required("algorithm").variant("Algorithm", algorithms),
    cost: cursor.at("cost")?.integer("u32"),
    secret: cursor.at("secret")?.string(),
    secretFile: cursor.at("secret_file")?.string(),
    unicodeNormalization: cursor.given("unicode_normalization")?.boolean() ?? false,
    version: cursor.required("version").integer("u16"),
  }
}

export function validatePasswords(root: Cursor, { enabled, schemes }: PasswordsConfig): void {
  if (!enabled) return
  const cursor = root.section("passwords", "PasswordsConfig")
  if (schemes.length === 0) throw cursor.refusal("Requires at least one password scheme in the config")
  const twice = schemes.some((scheme) => scheme.secret !== undefined && scheme.secretFile !== undefined)
  if (twice) throw cursor.refusal("Cannot specify both `secret` and `secret_file`")
}

/** The schemes with their peppers read, the highest version (which hashes new passwords) first. */
export async function loadSchemes({ schemes }: PasswordsConfig): Promise<readonly LoadedScheme[]> {
  if (new Set(schemes.map(({ version }) => version)).size !== schemes.length) {
    throw new Error("Multiple password schemes have the same versions")
  }
  if (schemes.length === 0) throw new Error("Requires at least one password scheme in the config")
  const ordered = [...schemes].sort((one, other) => other.version - one.version)
  return Promise.all(ordered.map(async (scheme) => ({ ...scheme, pepper: await loadPepper(scheme) })))
}

async function loadPepper({ secret, secretFile }: PasswordScheme): Promise<Buffer | undefined> {
  if (secret !== undefined) return Buffer.from(secret)
  return secretFile === undefined ? undefined : exactSecret({ file: secretFile })
}
