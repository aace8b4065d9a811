import { posix } from "node:path"
import { Refusal } from "../report/refusal.ts"
import type { Host } from "./host.ts"
import type { Inspection, Mount } from "./inspection.ts"

/** Where on the host a path of the container is; `undefined`: in no mount, only inside the container. */
export function hostPathOf({ mounts }: Inspection, containerPath: string): string | undefined {
  // The deepest mount counts: one within another hides what the outer one has there.
  const around = mounts
    .filter(({ source, target }) => source !== "" && isWithin(target, containerPath))
    .sort((a, b) => b.target.length - a.target.length)[0]
  return around && below(around.source, posix.relative(around.target, containerPath))
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
  readonly mount: Mount
  /** From what is mounted to the path; empty where it is mounted itself. */
  readonly rest: string
}

/** From the file up, so that the deepest mount counts. */
async function findMount(host: Host, { mounts }: Inspection, hostPath: string): Promise<FoundMount | undefined> {
  const real = await host.realPath(hostPath)
  const sources = await Promise.all(
    mounts
      .filter(({ source }) => source !== "")
      .map(async (mount) => ({ mount, identity: await identityOf(host, mount.source) })),
  )
  for (let path = posix.normalize(real); ; path = posix.dirname(path)) {
    const identity = await identityOf(host, path)
    const found = sources.find(
      (one) => posix.normalize(one.mount.source) === path || (identity !== undefined && one.identity === identity),
    )
    if (found) return { mount: found.mount, rest: posix.relative(path, posix.normalize(real)) }
    if (path === "/") return undefined
  }
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
