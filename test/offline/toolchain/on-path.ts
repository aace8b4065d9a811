import { accessSync, constants, realpathSync, statSync } from "node:fs"
import { delimiter, join } from "node:path"
import { cacheFolder } from "./cache.ts"

/** Programs of that name, in the order of PATH and by their real paths, each once. */
export function programsOnPath(name: string): string[] {
  const found = pathFolders().map((folder) => join(folder, name))
  return [...new Set(found.filter(isProgram).map((path) => realpathSync(path)))]
}

/** As `programsOnPath`, less what the lab itself made: the shell may have the lab's environment already. */
export function foreignProgramsOnPath(name: string): string[] {
  const cache = `${cacheFolder()}/`
  const folders = pathFolders().filter((folder) => !`${folder}/`.startsWith(cache))
  return folders.map((folder) => join(folder, name)).filter(isProgram)
}

export function pathFolders(): string[] {
  return (process.env.PATH ?? "").split(delimiter).filter(Boolean)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
