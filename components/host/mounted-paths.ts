import { posix } from "node:path"
import type { Inspection, Mount } from "./inspection.ts"

/** Where on the host a path of the container is; `undefined`: in no mount, only inside the container. */
export function hostPathOf(inspection: Inspection, containerPath: string): string | undefined {
  return translate(inspection.mounts, containerPath, { from: "target", to: "source" })
}

/** Where in the container a path of the host is; `undefined`: the container does not see it. */
export function containerPathOf(inspection: Inspection, hostPath: string): string | undefined {
  return translate(inspection.mounts, hostPath, { from: "source", to: "target" })
}

/**
 * Whether the container mounts this very file, not a folder above it. Then it keeps seeing the old text after
 * `Host.replace`, which makes a new inode, until the container is restarted; a reload inside it is not enough.
 */
export function mountsFileItself(inspection: Inspection, hostPath: string): boolean {
  return inspection.mounts.some(({ source }) => source !== "" && posix.normalize(source) === posix.normalize(hostPath))
}

/** The deepest mount counts: one within another hides what the outer one has there. */
function translate(
  mounts: readonly Mount[],
  path: string,
  { from, to }: { from: "source" | "target"; to: "source" | "target" },
): string | undefined {
  const around = mounts
    .filter((mount) => mount.source !== "" && isWithin(mount[from], path))
    .sort((a, b) => b[from].length - a[from].length)[0]
  if (!around) return undefined
  const rest = posix.relative(around[from], path)
  return rest === "" ? around[to] : posix.join(around[to], rest)
}

function isWithin(folder: string, path: string): boolean {
  const rest = posix.relative(folder, path)
  return rest === "" || (rest !== ".." && !rest.startsWith("../"))
}
