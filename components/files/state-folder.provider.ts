import { isDeepStrictEqual } from "node:util"
import type { Host } from "../host/host.ts"
import type { HostedInputs, Lifecycle } from "../lifecycle/lifecycle.ts"
import { Refusal } from "../report/refusal.ts"
import type { NamedContainers } from "./named-containers.ts"
import { demandNamed, type NamedPlaces } from "./named-places.ts"

export interface StateFolderInputs extends HostedInputs {
  /** Absolute path on the host. */
  readonly folder: string
  /** All containers of the server. */
  readonly containers?: NamedContainers
  /** What else the config names: looked at by `check`, and not kept in the state. */
  readonly named?: NamedPlaces
  /** In legacy a rollback goes on without MAS. */
  readonly authentication?: "legacy" | "delegated"
}

/**
 * The folder of ours on the host: what stood at managed keys before us, the frozen homeserver.yaml. For root's eyes.
 * When the resource goes, the folder goes only if nothing is left in it.
 */
export const lifecycle: Lifecycle<StateFolderInputs, Record<never, never>> = {
  outputs: [],
  identity: ["folder"],
  /** It comes before every other resource: what is wrong with where things are is said here, all at once. */
  async check({ named, ...inputs }, before, { host }) {
    if (before !== undefined) await demandMoved(host, before.folder, inputs.folder)
    const isNeeded = neededBy(inputs, before)
    const { files = {}, databases = {}, addresses = {} } = named ?? {}
    await demandNamed(host, only(inputs.containers ?? {}, isNeeded), {
      files: only(files, isNeeded),
      databases: only(databases, isNeeded),
      addresses,
    })
    return { inputs }
  },
  async read(state, { host }) {
    const { exitCode } = await host.exec(["test", "-d", state.folder])
    return exitCode === 0 ? state : undefined
  },
  async converge({ folder }, _, { host }) {
    await host.makeFolder(folder).catch((cause) => Promise.reject(notMade(host, folder, cause)))
    return host.withLock(`${folder}/folder.lock`, async () => ({}))
  },
  async remove({ folder }, { host }) {
    await host.remove(`${folder}/homeserver.frozen.yaml`)
    await host.exec(["rmdir", "--ignore-fail-on-non-empty", "--", folder])
  },
}

function notMade(host: Host, folder: string, cause: unknown): unknown {
  if (!(cause instanceof Refusal) || cause.code === "host/folder-not-ours") return cause
  return new Refusal({
    code: "host/folder-not-made",
    what: `The folder for what we keep could not be made: ${cause.what}`,
    where: { host: host.name, file: folder, keyPath: "host.stateFolder" },
    meaning: "Nothing was changed: without it there would be no way back.",
    next: "Make the folder, or name another one (`host.stateFolder`), then `pulumi up`.",
    cause,
  })
}

/** All that is named, but for a rollback: that needs Synapse alone, and MAS may be the reason for it. */
function neededBy({ containers, authentication }: StateFolderInputs, before: StateFolderInputs | undefined) {
  const isNew = before === undefined || !isDeepStrictEqual(before.containers, containers)
  if (isNew || authentication === "delegated") return () => true
  return (keyPath: string) => /^(?:databases\.)?synapse(?:\.|$)/.test(keyPath)
}

function only<T>(named: Readonly<Record<string, T>>, isNeeded: (keyPath: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(named).filter(([keyPath]) => isNeeded(keyPath)))
}

/** Throws `host/state-folder-left` where the config names another folder, and what the way back needs lies in the old one. */
async function demandMoved(host: Host, before: string, folder: string): Promise<void> {
  if (before === folder || !(await holdsOriginals(host, before)) || (await holdsOriginals(host, folder))) return
  throw new Refusal({
    code: "host/state-folder-left",
    what: `The config names another folder for what we keep, and what is kept lies in ${before}`,
    where: { host: host.name, file: folder, keyPath: "host.stateFolder" },
    meaning:
      "Nothing was changed. Without what lies there, a rollback would not know what stood in the files before us.",
    next: `Move it (\`mv ${before} ${folder}\`) or put the old value back, then \`pulumi up\`.`,
  })
}

async function holdsOriginals(host: Host, folder: string): Promise<boolean> {
  const { exitCode, stdout } = await host.exec([
    "find",
    folder,
    "-maxdepth",
    "1",
    "-name",
    "*.kept.json",
    "-print",
    "-quit",
  ])
  return exitCode === 0 && stdout.trim() !== ""
}
