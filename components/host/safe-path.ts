import { type BigIntStats, constants } from "node:fs"
import { type FileHandle, lstat, open, readlink } from "node:fs/promises"
import { isRegularWithOneName, kindOf, notPlain } from "./planted.ts"

/** open(2): a handle that names a file and opens nothing, so that no FIFO waits and no device notices. Not in Node's list. */
export const O_PATH = 0o10000000
const { O_DIRECTORY, O_NOFOLLOW, O_NOCTTY, O_NONBLOCK, O_RDONLY } = constants
/** As the kernel's own limit (path_resolution(7)). */
const mostLinks = 40

/** A symbolic link on the way, made by somebody whom we do not trust with more than is his own. */
interface DoubtedLink {
  readonly path: string
  readonly maker: bigint
}

/**
 * A name in a folder that is held open: what is done at {@link at} is done in that very folder, even when somebody has
 * put a link in its place meanwhile.
 */
export class Spot implements AsyncDisposable {
  readonly folder: FileHandle
  readonly folderFacts: BigIntStats
  readonly name: string
  /** For people: where it is once the links on the way are resolved. */
  readonly path: string
  readonly doubted: readonly DoubtedLink[]
  /** The links that were followed, each by its own real path. */
  readonly links: readonly string[]

  readonly #walk: Walk

  constructor(walk: Walk, name: string) {
    this.#walk = walk
    this.folder = walk.folder
    this.folderFacts = walk.facts
    this.doubted = walk.doubted
    this.links = walk.links
    this.name = name
    this.path = `${walk.path}/${name}`
  }

  /** The path to work with. */
  get at(): string {
    return this.beside(this.name)
  }

  /** Another name in the same folder. */
  beside(name: string): string {
    return `/proc/self/fd/${this.folder.fd}/${name}`
  }

  /** The spot of another name in the same folder, held open by this one. */
  sibling(name: string): Spot {
    return new Spot(this.#walk, name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder.close()
  }
}

interface Walk {
  folder: FileHandle
  facts: BigIntStats
  path: string
  readonly doubted: DoubtedLink[]
  readonly links: string[]
}

/** What is found at the end of a path, before anything of it is opened. Whoever asks for it closes it. */
export interface Pinned {
  readonly handle: FileHandle
  readonly facts: BigIntStats
}

/** What happens on the way to a {@link Spot}. */
export interface Reaching {
  /** Whether a link in the last place is followed. Default: no. */
  readonly followLast?: boolean
  /** Called for a folder on the way that is not there, with its name below a handle. Default: it is an error. */
  readonly makeFolder?: (at: string) => Promise<void>
  /** Called for each folder on the way, `/` first, with its real path. */
  readonly onFolder?: (folder: { readonly path: string; readonly facts: BigIntStats }) => void
}

/**
 * Goes to where a path leads, folder by folder, each held open while the next is looked for (path_resolution(7) in our own
 * hands). Throws the system's errors, with their numbers.
 */
export async function reach(path: string, { followLast = false, makeFolder, onFolder }: Reaching = {}): Promise<Spot> {
  const rest = (path.startsWith("/") ? path : `${process.cwd()}/${path}`).split("/").filter(Boolean)
  const walk: Walk = { ...(await enter("/")), path: "", doubted: [], links: [] }
  try {
    onFolder?.(walk)
    for (;;) {
      const [name = ".", ...further] = rest
      const isLast = further.length === 0
      const facts = await lookAt(walk, name, isLast ? undefined : makeFolder, isLast)
      if (facts?.isSymbolicLink() && (followLast || !isLast)) {
        if (walk.links.length === mostLinks) throw notPlain(path, "a symbolic link that leads round in a circle")
        rest.splice(0, 1, ...(await followLink(walk, name, facts)))
      } else if (isLast) {
        return new Spot(walk, name)
      } else {
        await goInto(walk, name)
        onFolder?.(walk)
        rest.shift()
      }
    }
  } catch (error) {
    await walk.folder.close()
    throw error
  }
}

/** `undefined`: there is nothing, which only the last name may say. */
async function lookAt(walk: Walk, name: string, makeFolder: Reaching["makeFolder"], isLast: boolean) {
  const at = `/proc/self/fd/${walk.folder.fd}/${name}`
  try {
    return await lstat(at, { bigint: true })
  } catch (error) {
    if (!isMissing(error) || (!isLast && makeFolder === undefined)) throw error
    if (isLast) return undefined
    demandOwnGround(walk, walk.facts)
    // Another run may have made it meanwhile.
    await makeFolder?.(at).catch((cause) => (isExisting(cause) ? undefined : Promise.reject(cause)))
    return await lstat(at, { bigint: true })
  }
}

async function goInto(walk: Walk, name: string): Promise<void> {
  const next = await enter(`/proc/self/fd/${walk.folder.fd}/${name}`)
  await walk.folder.close()
  Object.assign(walk, next, { path: pathBelow(walk.path, name) })
}

function pathBelow(path: string, name: string): string {
  if (name === ".") return path
  return name === ".." ? path.replace(/\/[^/]*$/, "") : `${path}/${name}`
}

async function enter(at: string): Promise<Pick<Walk, "folder" | "facts">> {
  const folder = await open(at, O_PATH | O_DIRECTORY | O_NOFOLLOW)
  try {
    return { folder, facts: await folder.stat({ bigint: true }) }
  } catch (error) {
    await folder.close()
    throw error
  }
}

/** Returns the names that it stands for; an absolute one begins anew. */
async function followLink(walk: Walk, name: string, link: BigIntStats): Promise<readonly string[]> {
  const at = `/proc/self/fd/${walk.folder.fd}/${name}`
  const target = await readlink(at)
  // What was read has to be of the link that was looked at.
  if (!isSameFile(link, await lstat(at, { bigint: true })))
    throw Object.assign(new Error(`ELOOP: ${at}`), { code: "ELOOP" })
  walk.links.push(`${walk.path}/${name}`)
  const maker = [link.uid, walk.facts.uid].find((uid) => !isTrusted(uid))
  if (maker !== undefined) walk.doubted.push({ path: `${walk.path}/${name}`, maker })
  if (target.startsWith("/")) {
    const root = await enter("/")
    await walk.folder.close()
    Object.assign(walk, root, { path: "" })
  }
  const names = target.split("/").filter(Boolean)
  return names.length === 0 ? ["."] : names
}

/** Root and we ourselves can do without a trick whatever we could be led to. */
export function isTrusted(uid: bigint): boolean {
  return uid === 0n || uid === BigInt(process.geteuid?.() ?? 0)
}

/** Whether others than those whom we trust can make, rename or remove names there. */
export function isOthers({ uid, mode }: BigIntStats): boolean {
  return !isTrusted(uid) || (mode & 0o022n) !== 0n
}

/**
 * Takes hold of what lies at a spot. A link that somebody made whom we do not trust may lead to what is his own, and nowhere
 * else: else whoever can plant one would have us read or write what he cannot. Throws `host/file-not-plain`.
 */
export async function pin(spot: Spot): Promise<Pinned> {
  const handle = await open(spot.at, O_PATH | O_NOFOLLOW)
  try {
    const facts = await handle.stat({ bigint: true })
    if (facts.isSymbolicLink()) throw notPlain(spot.path, kindOf(facts))
    demandOwnGround(spot, facts)
    return { handle, facts }
  } catch (error) {
    await handle.close()
    throw error
  }
}

export function demandOwnGround(spot: Pick<Spot, "doubted" | "path">, { uid }: Pick<BigIntStats, "uid">): void {
  for (const { path, maker } of spot.doubted) {
    if (maker !== uid) {
      const what = `a symbolic link that user ${maker} can have made, to what is user ${uid}'s (${spot.path})`
      throw notPlain(path, what)
    }
  }
}

function canBePlanted(spot: Spot): boolean {
  return isOthers(spot.folderFacts) || spot.doubted.length > 0
}

/**
 * As {@link pin}, for a plain file and nothing else. In a folder that others can write, it may have no second name: that could
 * be the name of a file which they may not touch. Where nobody else can write, it may be /dev/null. Throws `host/file-not-plain`, and `EISDIR` for a folder.
 */
export async function pinPlain(spot: Spot): Promise<Pinned> {
  const pinned = await pin(spot)
  try {
    demandPlain(spot, pinned.facts)
    return pinned
  } catch (error) {
    await pinned.handle.close()
    throw error
  }
}

export function demandPlain(spot: Spot, facts: BigIntStats): void {
  if (facts.isDirectory()) throw isFolder(spot.path)
  const isOk = canBePlanted(spot) ? isRegularWithOneName(facts) : facts.isFile() || facts.isCharacterDevice()
  if (!isOk) throw notPlain(spot.path, kindOf(facts))
}

/** Opens a plain file just as it was looked at. Throws as {@link pinPlain} does. */
export async function openPlain(spot: Spot, flags = O_RDONLY): Promise<Pinned> {
  const pinned = await pinPlain(spot)
  try {
    const path = pathOf(pinned.handle)
    return { handle: await open(path, flags | O_NONBLOCK | O_NOCTTY), facts: pinned.facts }
  } finally {
    await pinned.handle.close()
  }
}

/** By which a file that is held open can be opened once more, whatever has become of its name. */
export function pathOf(handle: FileHandle): string {
  return `/proc/self/fd/${handle.fd}`
}

/** Whether two looks were at one and the same file. */
export function isSameFile(one: BigIntStats, other: BigIntStats): boolean {
  return one.dev === other.dev && one.ino === other.ino
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT"
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST"
}

function isFolder(path: string): Error {
  return Object.assign(new Error(`EISDIR: ${path}`), { code: "EISDIR" })
}
