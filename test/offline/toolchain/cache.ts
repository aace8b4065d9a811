import { createHash } from "node:crypto"
import { access, mkdir, readdir, readFile, rename, rm } from "node:fs/promises"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { lock } from "proper-lockfile"

/** Says what is going on, a line at a time. */
export type Say = (line: string) => void

/** What outlives a checkout: `$MATRIX_AUTH_CACHE`, else `matrix-auth` in the user's cache folder. */
export function cacheFolder(): string {
  return process.env.MATRIX_AUTH_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "matrix-auth")
}

/**
 * Makes a folder of the cache, once and whole: `make` fills a draft beside it, which then takes its name. Of two runs
 * side by side one makes it and the other waits. Returns the folder.
 */
export async function madeOnce(name: string, say: Say, make: (draft: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name)
  if (await exists(folder)) return folder
  return await withCacheLock(name, say, async () => {
    if (await exists(folder)) return folder
    const draft = `${folder}.draft`
    // What a killed run left.
    await rm(draft, { recursive: true, force: true })
    await mkdir(draft, { recursive: true })
    await make(draft)
    await rename(draft, folder)
    return folder
  })
}

/** Runs `work` while nobody else on this machine holds the lock of that name; waits for its turn, and says so. */
export async function withCacheLock<T>(name: string, say: Say, work: () => Promise<T>): Promise<T> {
  const lockfilePath = `${join(cacheFolder(), name)}.lock`
  await mkdir(dirname(lockfilePath), { recursive: true })
  let release = await tryLock(lockfilePath)
  if (!release) say(`waiting for another run, which is at work on ${name}`)
  while (!release) {
    await sleep(300)
    release = await tryLock(lockfilePath)
  }
  try {
    return await work()
  } finally {
    await release()
  }
}

async function tryLock(lockfilePath: string): Promise<(() => Promise<void>) | undefined> {
  try {
    // A holder that was killed no longer touches its lock: it counts as gone after `stale`.
    return await lock(lockfilePath, { realpath: false, lockfilePath, stale: 30_000, update: 5_000 })
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ELOCKED") return undefined
    throw error
  }
}

/** A short name for these texts and the files of these folders: another content gives another name. */
export async function digestOf(texts: readonly string[], folders: readonly string[]): Promise<string> {
  const hash = createHash("sha256")
  for (const text of texts) hash.update(`${text}\0`)
  for (const folder of folders) {
    for (const file of (await readdir(folder)).sort()) {
      hash.update(`${file}\0`)
      hash.update(await readFile(join(folder, file)))
    }
  }
  return hash.digest("hex").slice(0, 16)
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
