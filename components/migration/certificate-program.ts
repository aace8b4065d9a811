import { createHash } from "node:crypto"
import { readdir, readFile } from "node:fs/promises"
import { join, relative, resolve } from "node:path"

const folder = resolve(import.meta.dirname, "..")

/**
 * A digest over all that this program does: every TypeScript file in components. A rehearsal says nothing about code
 * that came after it; what lies beside (docs, tests, configs) may change.
 */
export async function digestOfProgram(): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
  const digest = createHash("sha256")
  for (const file of files) digest.update(`${relative(folder, file)}\0${await readFile(file, "utf8")}\0`)
  return digest.digest("hex")
}
