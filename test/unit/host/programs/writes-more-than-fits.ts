import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { localHost } from "../../../../components/host/local-host.ts"
import { Refusal } from "../../../../components/report/refusal.ts"

/** Replaces a small file in the folder by 1 MB, and writes another; prints what was refused and what is left. */
const [folder = ""] = process.argv.slice(2)
const path = join(folder, "file")
const large = "x".repeat(1_000_000)

async function codeOf(work: Promise<void>): Promise<string> {
  try {
    await work
    return "none"
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

await writeFile(path, "original")
const replaced = await codeOf(localHost.replace(path, { before: "original", after: large }))
const written = await codeOf(localHost.write(join(folder, "ours"), large, { mode: 0o600 }))
const left = { names: await readdir(folder), text: await readFile(path, "utf8") }
process.stdout.write(`${JSON.stringify({ replaced, written, ...left })}\n`)
