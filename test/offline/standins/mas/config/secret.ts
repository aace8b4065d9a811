import { readFile } from "node:fs/promises"
import type { Cursor } from "./cursor.ts"
import { describe } from "./tree.ts"

/** A secret that stands in the configuration or in a file of its own; files are only read when the secret is needed. */
export type SecretSource = { readonly value: string } | { readonly file: string }

/** The two exclusive spellings of one secret. Neither: undefined. Of mistakes in them MAS names the section only. */
export function readSecretSource(cursor: Cursor, key: string): SecretSource | undefined {
  const value = readText(cursor, key)
  const file = readText(cursor, `${key}_file`)
  if (value !== undefined && file !== undefined) {
    throw cursor.refusal(`Cannot specify both \`${key}\` and \`${key}_file\``)
  }
  if (value !== undefined) return { value }
  return file === undefined ? undefined : { file }
}

function readText(cursor: Cursor, key: string): string | undefined {
  const found = cursor.at(key)
  if (!found) return undefined
  if (found.tree.kind === "scalar" && typeof found.tree.value === "string") return found.tree.value
  throw cursor.refusal(`invalid type: found ${describe(found.tree)}, expected a string`)
}

/** Client and matrix secrets lose the white space around them when they come from a file. */
export async function trimmedSecret(source: SecretSource): Promise<string> {
  return "value" in source ? source.value : (await readFile(source.file, "utf8")).trim()
}

/** Password peppers come byte for byte: a newline at the end of the file is part of them. */
export async function exactSecret(source: SecretSource): Promise<Buffer> {
  return "value" in source ? Buffer.from(source.value) : await readFile(source.file)
}
