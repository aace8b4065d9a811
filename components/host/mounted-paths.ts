import { posix } from "node:path"
import { Refusal } from "../report/refusal.ts"
import type { Host } from "./host.ts"
import type { Inspection, Mount } from "./inspection.ts"

/** Where on the host a path of the container is; `undefined`: in no mount, only inside the container. */
export function hostPathOf({ mounts }: Inspection, containerPath: string): string | undefined {
  // The deepest mount counts: one within another hides what the outer one has there.
  const around = deepestAt(mounts, containerPath)
  // A tmpfs has no source.
  return around === undefined || around.source === ""
    ? undefined
    : below(around.source, posix.relative(around.target, containerPath))
}

/**
 * Where in the container a path of the host is; `undefined`: the container does not see it. What is mounted is told by device and
 * inode, since through a symbolic link one and the same file has many paths.
 */
export async function containerPathOf(
  host: Host,
  inspection: Inspection,
  hostPath: string,
): Promise<string | undefined> {
  const found = await findMount(host, inspection, hostPath)
  return found && below(found.mount.target, found.rest)
}

/**
 * Whether the container mounts this very file, not a folder above it. Then it keeps seeing the old text after
 * `Host.replace`, which makes a new inode, until the container is restarted; a reload inside it is not enough.
 */
export async function mountsFileItself(host: Host, inspection: Inspection, hostPath: string): Promise<boolean> {
  return (await findMount(host, inspection, hostPath))?.rest === ""
}

interface FoundMount {
  readonly mount: Bound
  /** From what is mounted to the path; empty where it is mounted itself. */
  readonly rest: string
}

/** From the file up, so that the deepest mount counts; one that another mount hides in the container does not. */
async function findMount(host: Host, { mounts }: Inspection, hostPath: string): Promise<FoundMount | undefined> {
  const real = posix.normalize(await host.realPath(hostPath))
  const bound = await withMountsBelow(host, mounts)
  const sources = await Promise.all(
    bound
      .filter(({ source }) => source !== "")
      .map(async (mount) => ({ mount, identity: await identityOf(host, mount.source) })),
  )
  for (let path = real; ; path = posix.dirname(path)) {
    const identity = await identityOf(host, path)
    const rest = posix.relative(path, real)
    const found = sources.find(({ mount, identity: mounted }) => {
      const isIt = posix.normalize(mount.source) === path || (identity !== undefined && mounted === identity)
      return isIt && deepestAt(bound, below(mount.target, rest)) === mount
    })
    if (found) return { mount: found.mount, rest }
    if (path === "/") return undefined
  }
}

type Bound = Pick<Mount, "source" | "target">

/** Of several that have a path, the one that the container sees there. */
function deepestAt<T extends Bound>(mounts: readonly T[], containerPath: string): T | undefined {
  return mounts
    .filter(({ target }) => isWithin(target, containerPath))
    .sort((a, b) => posix.normalize(b.target).length - posix.normalize(a.target).length)[0]
}

/** What the host itself has mounted below a source comes with it (Docker binds recursively), and is another file system's or file's. */
async function withMountsBelow(host: Host, mounts: readonly Bound[]): Promise<readonly Bound[]> {
  const points = mountPointsIn((await host.readIfPresent("/proc/self/mountinfo")) ?? "")
  const found = await Promise.all(
    mounts.map(async (mount) => {
      const { source, target } = mount
      if (source === "") return [mount]
      const real = posix.normalize(await realPathOf(host, source))
      const below = points
        .filter((point) => point !== real && isWithin(real, point))
        .map((point) => ({ source: point, target: posix.join(target, posix.relative(real, point)) }))
        // Another mount of the container's own comes on top of it.
        .filter((one) => deepestAt(mounts, one.target) === mount)
      return [mount, ...below]
    }),
  )
  return found.flat()
}

/** The fifth field of a line of proc_pid_mountinfo(5), with blanks and the like as three octal digits. */
function mountPointsIn(mountinfo: string): readonly string[] {
  return mountinfo.split("\n").flatMap((line) => {
    const point = line.split(" ")[4]
    if (point === undefined) return []
    const bytes = point.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
    return [bytes]
  })
}

async function realPathOf(host: Host, path: string): Promise<string> {
  return host.realPath(path).catch((error) => (error instanceof Refusal ? path : Promise.reject(error)))
}

/** `undefined`: there is nothing, or nothing that we may look at. */
async function identityOf(host: Host, path: string): Promise<string | undefined> {
  try {
    return (await host.stat(path)).identity
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

function below(folder: string, rest: string): string {
  return rest === "" ? folder : posix.join(folder, rest)
}

function isWithin(folder: string, path: string): boolean {
  const rest = posix.relative(folder, path)
  return rest === "" || (rest !== ".." && !rest.startsWith("../"))
}
