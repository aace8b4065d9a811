import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import type { CrashLab } from "../lab/crash-lab.ts"
import type { Snapshot } from "../lab/snapshot.ts"

/** Somebody's change to homeserver.yaml, by hand. */
export type Edit = (text: string) => string

/** A world as it would be had somebody made the edit in it, as far as files go. It lies beside the snapshots, in the lab's folder. */
export async function editedWorld(lab: CrashLab, { name, folder }: Snapshot, edit: Edit): Promise<Snapshot> {
  const edited = await mkdtemp(join(dirname(folder), `${name}-edited-`))
  await cp(join(folder, "host"), join(edited, "host"), { recursive: true })
  await editFile(join(edited, "host", relative(lab.hostFolder, lab.places.synapse.homeserverYaml)), edit)
  return { name, folder: edited }
}

/** As an editor does it that writes into the file. */
export async function editFile(path: string, edit: Edit): Promise<void> {
  const before = await readFile(path, "utf8")
  const after = edit(before)
  if (after === before) throw new Error(`the edit changes nothing in ${path}`)
  await writeFile(path, after)
}
