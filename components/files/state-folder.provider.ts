import type { HostedInputs, Lifecycle } from "../lifecycle/lifecycle.ts"
import { Refusal } from "../report/refusal.ts"

export interface StateFolderInputs extends HostedInputs {
  /** Absolute path on the host. */
  readonly folder: string
}

/**
 * The folder of ours on the host: what stood at managed keys before us, the frozen homeserver.yaml. For root's eyes.
 * When the resource goes, the folder goes only if nothing is left in it.
 */
export const lifecycle: Lifecycle<StateFolderInputs, Record<never, never>> = {
  outputs: [],
  identity: ["folder"],
  async read(state, { host }) {
    const { exitCode } = await host.exec(["test", "-d", state.folder])
    return exitCode === 0 ? state : undefined
  },
  async converge({ folder }, _, { host }) {
    const { exitCode, stderr } = await host.exec(["install", "-d", "-m", "700", "--", folder])
    if (exitCode === 0) return {}
    throw new Refusal({
      code: "host/folder-not-made",
      what: `The folder for what we keep could not be made: ${stderr.trim()}`,
      where: { host: host.name, file: folder, keyPath: "host.stateFolder" },
      meaning: "Nothing was changed: without it there would be no way back.",
      next: "Make the folder, or name another one (`host.stateFolder`), then `pulumi up`.",
    })
  },
  async remove({ folder }, { host }) {
    await host.remove(`${folder}/homeserver.frozen.yaml`)
    await host.exec(["rmdir", "--ignore-fail-on-non-empty", "--", folder])
  },
}
