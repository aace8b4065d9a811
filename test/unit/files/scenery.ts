import { readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { TestContext } from "node:test"
import type { Dialect } from "../../../components/documents/dialects.ts"
import type { ManagedFile } from "../../../components/files/managed-file.ts"
import { openHost } from "../../../components/host/open-host.ts"
import { temporaryFolder } from "../host/scenery.ts"

export const host = openHost({ kind: "local" })

/** A real document on this machine, and the place beside it for what stood there before us. */
export interface TestFile extends ManagedFile {
  text(): Promise<string>
  /** What is kept, as it lies there; `undefined` where nothing does. */
  keptText(): Promise<string | undefined>
  /** As somebody else edits it: by hand, without us. */
  edit(from: string, to: string): Promise<void>
  /** Changes whenever it was written, even with the same bytes. */
  inode(): Promise<number>
}

export async function testFile(t: TestContext, text: string, dialect: Dialect = "yaml11"): Promise<TestFile> {
  const folder = await temporaryFolder(t)
  const path = join(folder, dialect === "json" ? "document.json" : "document.yaml")
  const keptAt = join(folder, "kept", "document.kept.json")
  await writeFile(path, text)
  return {
    path,
    dialect,
    keptAt,
    text: () => readFile(path, "utf8"),
    keptText: () => readFile(keptAt, "utf8").catch(() => undefined),
    inode: async () => (await stat(path)).ino,
    async edit(from, to) {
      const before = await readFile(path, "utf8")
      if (!before.includes(from)) throw new Error(`nothing to edit: ${from}`)
      await writeFile(path, before.replace(from, to))
    },
  }
}
