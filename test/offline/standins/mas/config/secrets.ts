import { readFile } from "node:fs/promises"
import type { Cursor } from "./cursor.ts"
import { readSecretSource, type SecretSource } from "./secret.ts"

export interface SecretsConfig {
  readonly encryption: SecretSource
  readonly keys: readonly SigningKeyConfig[]
  /** Folder whose every file is one more signing key. */
  readonly keysDir: string | undefined
}

/** A private key for signing, as PEM or in a file as PEM or DER. */
export interface SigningKeyConfig {
  readonly kid: string | undefined
  readonly key: SecretSource
  readonly password: SecretSource | undefined
}

const keyBytes = 32

export function readSecrets(root: Cursor): SecretsConfig {
  const cursor = root.required("secrets").struct("SecretsConfig")
  const encryption = readSecretSource(cursor, "encryption")
  const mistake = encryption && "value" in encryption ? hexMistake(encryption.value) : undefined
  if (mistake) throw cursor.refusal(mistake)
  const keys = (cursor.at("keys")?.items() ?? []).map(readKey)
  const keysDir = cursor.at("keys_dir")?.string()
  if (!encryption) throw cursor.refusal("Missing `encryption` or `encryption_file`")
  return { encryption, keys, keysDir }
}

function readKey(cursor: Cursor): SigningKeyConfig {
  const kid = cursor.at("kid")?.string()
  const password = readSecretSource(cursor, "password")
  const key = readSecretSource(cursor, "key")
  if (!key) throw cursor.refusal("Missing `key` or `key_file`")
  return { kid, key, password }
}

function hexMistake(text: string): string | undefined {
  if (text.length % 2 !== 0) return "Odd number of digits"
  const strange = [...text].findIndex((character) => !/[0-9a-f]/i.test(character))
  if (strange >= 0) return `Invalid character '${text.charAt(strange)}' at position ${strange}`
  const bytes = text.length / 2
  return bytes === keyBytes ? undefined : `Can't convert a Byte Vector of length ${bytes} to the output type.`
}

/** The 32 bytes that client secrets are encrypted with. The file is not trimmed: a newline at its end is a mistake. */
export async function encryptionKey({ encryption }: SecretsConfig): Promise<Buffer> {
  const hex = "value" in encryption ? encryption.value : await readFile(encryption.file, "utf8")
  if (hexMistake(hex) === undefined) return Buffer.from(hex, "hex")
  throw new Error("Content of `encryption_file` must contain hex characters encoding exactly 32 bytes")
}
