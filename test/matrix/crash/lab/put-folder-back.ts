import { lstat, readdir, readFile, rm } from "node:fs/promises"
import { join, relative } from "node:path"
import { execa } from "execa"

/** What a server writes by itself while it runs. */
const isOfTheServer = (path: string) => /\.log(\.\d+)?$|media_store/.test(path)

/** Makes a folder as its copy is: bytes, owner, mode. What is the same already is not touched. */
export async function putFolderBack(copy: string, folder: string): Promise<void> {
  const [kept, live] = [await filesBelow(copy), await filesBelow(folder)]
  for (const path of live) if (!kept.includes(path)) await rm(join(folder, path), { recursive: true, force: true })
  for (const path of kept) {
    const [from, to] = [join(copy, path), join(folder, path)]
    if (await isSame(from, to)) continue
    // A folder may be mounted somewhere: another one in its place would not be seen there.
    const words = (await isFolder(to)) ? ["--attributes-only"] : []
    if (words.length === 0) await rm(to, { force: true })
    await execa("cp", ["--archive", "--no-target-directory", ...words, from, to])
  }
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  return paths.filter((path) => !isOfTheServer(path)).sort()
}

async function isSame(a: string, b: string): Promise<boolean> {
  try {
    const [one, other] = [await lstat(a), await lstat(b)]
    const facts = ["mode", "uid", "gid"] as const
    if (facts.some((fact) => one[fact] !== other[fact])) return false
    return one.isDirectory() || (await readFile(a)).equals(await readFile(b))
  } catch {
    return false
  }
}

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  )
}
