import assert from "node:assert/strict"
import { readFile, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { archiveFiles } from "../../../components/backup/archive.ts"
import type { BackupPlaces } from "../../../components/backup/backup-places.ts"
import { findSmallFiles, largestBytes } from "../../../components/backup/small-files.ts"
import { localHost as host } from "../../../components/host/local-host.ts"
import { type Scene, secret } from "./scene.ts"

/** What of a scene is backed up: homeserver.yaml in the attacker's folder, and a config of MAS that is root's. */
export async function placesOf({ file, stateFolder }: Pick<Scene, "file" | "stateFolder">): Promise<BackupPlaces> {
  const mas = join(stateFolder, "mas.yaml")
  await writeFile(mas, "secrets: {}\n")
  const service = (name: string) => ({ name, commands: { start: ["true"], stop: ["true"] } as const })
  const source = { address: { host: "127.0.0.1" }, user: "nobody", database: "nothing" }
  return {
    folder: join(stateFolder, "backups"),
    stateFolder,
    databases: { synapse: source, mas: source },
    services: {
      synapse: { config: file, dialect: "yaml11", service: service("synapse") },
      mas: { config: mas, dialect: "yaml12", service: service("mas") },
    },
    rules: { keep: 3, media: false, include: [] },
  }
}

/** Finds and archives the small files; nothing of root's may be in it. */
export async function archiveSmall(given: Pick<Scene, "file" | "stateFolder">): Promise<void> {
  const { files, essential } = await findSmallFiles(host, await placesOf(given))
  await archive(given, files, essential)
}

/** As the media are: the folder with all that is in it. */
export async function archiveWhole(given: Pick<Scene, "file" | "stateFolder">): Promise<void> {
  await archive(given, [dirname(given.file)])
}

/** What was found and is swapped since: the file by its path alone. */
export async function archiveFound(given: Pick<Scene, "file" | "stateFolder">): Promise<void> {
  await archive(given, [given.file])
}

async function archive(
  { stateFolder }: Pick<Scene, "stateFolder">,
  paths: readonly string[],
  compared: readonly string[] = [],
): Promise<void> {
  const to = join(stateFolder, "files.tar")
  try {
    await archiveFiles(host, to, { paths, compared, mostBytes: largestBytes })
    assert.ok(!(await readFile(to, "latin1")).includes(secret), "what root alone may read is in the archive")
  } finally {
    await rm(to, { force: true })
  }
}
