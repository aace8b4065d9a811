import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { lock } from "proper-lockfile"

/** Changes a report of JSON while no other lane does. `change` gets what is there, `undefined` where nothing is. */
export async function updateReport<Content>(
  file: string,
  change: (content: Content | undefined) => Content | Promise<Content>,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const retries = { retries: 100, factor: 1, minTimeout: 100, maxTimeout: 100 }
  const release = await lock(file, { realpath: false, stale: 30_000, retries })
  try {
    const text = await readFile(file, "utf8").catch(() => undefined)
    const content = await change(text === undefined ? undefined : (JSON.parse(text) as Content))
    await writeFile(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`)
    await rename(`${file}.new`, file)
  } finally {
    await release()
  }
}
