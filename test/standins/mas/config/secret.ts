import { readFile } from "node:fs/promises"
import type { Cursor } from "./cursor.ts"

/** A secret that stands in the configuration or in a file of its own; files are only read when the secret is needed. */
export type SecretSource = { readonly value: string } | { readonly file: string }

/** The two exclusive spellings of one secret. Neither: undefined. */
export function readSecretSource(cursor: Cursor, key: string): SecretSource | undefined {
  const value = cursor.at(key)?.string()
  const file = cursor.at(`${key}_file`)?.string()
  if (value !== undefined && file !== undefined) {
    throw cursor.refusal(`Cannot specify both \`${key}\` and \`${key}_file\``)
  }
  if (value !== undefined) return { value }
  return file === undefined ? undefined : { file }
}

/** Client and matrix secrets lose the white space around them when they come from a file. */
export async function trimmedSecret(source: SecretSource): Promise<string> {
  return "value" in source ? source.value : (await readFile(source.file, "utf8")).trim()
}

/** Password peppers come byte for byte: a newline at the end of the file is part of them. */
export async function exactSecret(source: SecretSource): Promise<Buffer> {
  return "value" in source ? Buffer.from(source.value) : await readFile(source.file)
}
