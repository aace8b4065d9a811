import { existsSync } from "node:fs"
import { cp, readdir, readFile } from "node:fs/promises"
import { builtinModules } from "node:module"
import { dirname, join, relative } from "node:path"
import ts from "typescript"

interface Application {
  /** Root of the project: where `node_modules` is. */
  readonly project: string
  /** Folder below it with the program's own files. */
  readonly room: string
  /** Empty folder that gets it all, under the same paths as in the project. */
  readonly into: string
}

/** Copies a program of ours and exactly the npm packages it needs, so that it runs elsewhere as it does here. */
export async function layOutApplication({ project, room, into }: Application): Promise<void> {
  await cp(join(project, room), join(into, room), { recursive: true })
  await cp(join(project, "package.json"), join(into, "package.json"))
  for (const folder of await packagesOf(project, join(project, room))) {
    await cp(folder, join(into, relative(project, folder)), { recursive: true, dereference: true })
  }
}

/** Folders of the packages that the sources below `room` import, and of all that these depend on. */
async function packagesOf(project: string, room: string): Promise<Set<string>> {
  const folders = new Set<string>()
  const waiting = [...(await importedBy(room))].map((name) => ({ name, from: room, optional: false }))
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const folder = findPackage(project, next)
    if (!folder || folders.has(folder)) continue
    folders.add(folder)
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = await manifestOf(folder)
    for (const name of Object.keys(dependencies))
      waiting.push({ name, from: folder, optional: name in optionalDependencies })
    for (const name of Object.keys({ ...optionalDependencies, ...peerDependencies })) {
      waiting.push({ name, from: folder, optional: true })
    }
  }
  return folders
}

/** Looks for a package as Node does: in every `node_modules` from the importing folder up to the project's root. */
function findPackage(project: string, wanted: { name: string; from: string; optional: boolean }): string | undefined {
  for (let folder = wanted.from; folder.startsWith(project); folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", wanted.name)
    if (existsSync(candidate)) return candidate
  }
  if (wanted.optional) return undefined
  throw new Error(`${wanted.name}, needed by ${relative(project, wanted.from)}, is not installed: run npm ci`)
}

/** Names of the packages that the TypeScript files below a folder import. */
async function importedBy(folder: string): Promise<Set<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const names = new Set<string>()
  for (const entry of entries.filter((file) => file.isFile() && /\.[cm]?[jt]s$/.test(file.name))) {
    const text = await readFile(join(entry.parentPath, entry.name), "utf8")
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      const name = fileName.split("/", fileName.startsWith("@") ? 2 : 1).join("/")
      if (!/^(node:|\.)/.test(fileName) && !builtinModules.includes(name)) names.add(name)
    }
  }
  return names
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest
}
