import type { Host } from "../host/host.ts"
import { Refusal } from "../report/refusal.ts"

/** Paths as the disk has them: an archive holds each file once, by this, and beside it the links that lead there. */
export interface RealPaths {
  /** By path as it was asked for: where the file or folder is, links followed. What is not there is missing here. */
  readonly real: ReadonlyMap<string, string>
  /** Symbolic links on the way to any of them, by their own real path. */
  readonly links: readonly string[]
  /** By path as it was asked for: why nobody may follow it, since others can have made a link on the way. */
  readonly refused: ReadonlyMap<string, Refusal>
}

/** Finds out where paths of the host are, and follows no link that is planted. Reads only. */
export async function realPathsOf(host: Host, paths: readonly string[]): Promise<RealPaths> {
  const real = new Map<string, string>()
  const links = new Set<string>()
  const refused = new Map<string, Refusal>()
  for (const path of new Set(paths)) {
    try {
      const way = await host.wayTo(path)
      if (way === undefined) continue
      real.set(path, way.real)
      for (const link of way.links) links.add(link)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      refused.set(path, error)
    }
  }
  return { real, links: [...links], refused }
}
