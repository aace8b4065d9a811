import { hash } from "node:crypto"
import { readdir, readFile, stat } from "node:fs/promises"
import { join, relative } from "node:path"
import { parse } from "yaml"
import type { CrashLab } from "../lab/crash-lab.ts"
import type { Snapshot } from "../lab/snapshot.ts"

/** Of a file, by its path below the server's folder: digest of its bytes, and who may read it. */
type Files = Readonly<Record<string, { readonly digest: string; readonly attributes: string }>>

/** Between which two worlds a run is under way. */
export interface Between {
  readonly before: Snapshot
  readonly after: Snapshot
}

/**
 * What is wrong with the server's files: a managed one that is torn or neither as before nor as after, somebody else's
 * that changed, and what was left behind. Empty: nothing.
 */
export async function complaintsAboutFiles(lab: CrashLab, { before, after }: Between): Promise<readonly string[]> {
  const [live, was, willBe] = await Promise.all([
    filesIn(lab, lab.hostFolder),
    filesIn(lab, join(before.folder, "host")),
    filesIn(lab, join(after.folder, "host")),
  ])
  const complaints: string[] = []
  for (const [path, file] of Object.entries(was)) {
    const now = live[path]
    if (now === undefined) complaints.push(`${path} is gone`)
    else if (now.attributes !== file.attributes) complaints.push(`${path} changed its owner or mode`)
    else if (now.digest !== file.digest && now.digest !== willBe[path]?.digest)
      complaints.push(`${path} is neither as before nor as after`)
  }
  for (const path of Object.keys(live)) if (was[path] === undefined) complaints.push(`${path} was left behind`)
  return [...complaints, ...(await unreadable(lab))]
}

/** Whether every file is as it is in that world, byte for byte. */
export async function differencesFrom(lab: CrashLab, { folder, name }: Snapshot): Promise<readonly string[]> {
  const [live, wanted] = await Promise.all([filesIn(lab, lab.hostFolder), filesIn(lab, join(folder, "host"))])
  const paths = [...new Set([...Object.keys(live), ...Object.keys(wanted)])]
  const differing = paths.filter((path) => live[path]?.digest !== wanted[path]?.digest)
  return differing.map((path) => `${path} is not as in the world ${name}`)
}

/** Not what the server writes by itself, nor what we keep for ourselves. */
async function filesIn(lab: CrashLab, folder: string): Promise<Files> {
  const own = relative(lab.hostFolder, lab.places.host.stateFolder)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith(`${own}/`) && !/\.log(\.\d+)?$|media_store/.test(path))
  const facts = paths.map(async (path) => {
    const { mode, uid, gid } = await stat(join(folder, path))
    const digest = hash("sha256", await readFile(join(folder, path)))
    return [path, { digest, attributes: `${mode} ${uid} ${gid}` }] as const
  })
  return Object.fromEntries(await Promise.all(facts))
}

/** JSON is YAML too. */
async function unreadable({ places }: CrashLab): Promise<readonly string[]> {
  const { synapse, mas, wellKnown, element } = places
  const paths = [synapse.homeserverYaml, mas.config, wellKnown.file, element.config]
  const read = async (path: string) => {
    try {
      parse(await readFile(path, "utf8"))
      return []
    } catch {
      return [`${path} cannot be read any more`]
    }
  }
  return (await Promise.all(paths.map(read))).flat()
}
