import { mkdtemp, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { execa } from "execa"
import { putFolderBack } from "../lab/put-folder-back.ts"

/** A disk that somebody can fill. To be taken away while nobody has the folder mounted. */
export interface SmallDisk extends AsyncDisposable {
  /** Not a byte is left. */
  fill(): Promise<void>
}

/** Room for what lies there, and for a backup with what it wants to spare (33 MiB): each cutover takes one of its own. */
const megabytes = 96

/**
 * Puts a small disk in the place of a folder, with all that is in it. When it is taken away, the folder has what the disk
 * had. A container that mounts the folder sees the disk once it starts anew.
 */
export async function smallDiskAt(folder: string): Promise<SmallDisk> {
  const beside = await mkdtemp(join(dirname(folder), "..", "small-disk-"))
  const copy = (from: string, to: string) => execa("cp", ["--archive", "--no-target-directory", from, to])
  await copy(folder, beside)
  await execa("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder])
  await copy(beside, folder)
  const filler = join(folder, ".filler")
  return {
    async fill() {
      // It ends with an error, since it is to go on until there is no room.
      await execa("dd", ["if=/dev/zero", `of=${filler}`, "bs=4k"], { reject: false })
    },
    async [Symbol.asyncDispose]() {
      await rm(filler, { force: true })
      await rm(beside, { recursive: true })
      await copy(folder, beside)
      // Lazily, since a dead-man's switch stays in its folder for a little while after it has acted.
      await execa("umount", ["--lazy", folder])
      await putFolderBack(beside, folder)
      await rm(beside, { recursive: true })
    },
  }
}
