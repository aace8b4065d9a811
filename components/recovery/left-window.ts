import { posix } from "node:path"
import type { Settings } from "../config/settings.ts"
import type { Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import { openHost } from "../host/open-host.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import type { Progress } from "../report/progress.ts"
import { servesWith } from "../synapse/serves-with.ts"
import { type SynapseAddress, waitForSynapse } from "../synapse/synapse-address.ts"
import { isSynapseDelegated } from "../synapse/synapse-state.ts"
import { readJournal } from "../window/journal.ts"
import { describeStop, settle } from "../window/settle.ts"
import { isThere } from "../window/switch-state.ts"

/** The host's side of a stack, as far as a recovery has to do with it. */
export interface HostSide {
  readonly host: Host
  readonly stateFolder: string
  readonly synapse: SynapseAddress
  readonly mas: ServiceAddress
}

export function hostSideOf({ host, synapse, mas }: Settings): HostSide {
  return {
    host: openHost({ kind: host.kind }),
    stateFolder: host.stateFolder,
    synapse: {
      service: serviceOf("synapse", synapse),
      homeserverYaml: synapse.homeserverYaml,
      endpoint: mas.synapseEndpoint,
    },
    mas: serviceOf("mas", mas),
  }
}

function serviceOf(
  name: string,
  { container, commands }: Pick<Settings["mas"], "container" | "commands">,
): ServiceAddress {
  const own = Object.fromEntries(Object.entries(commands).filter(([, argv]) => argv !== undefined))
  return {
    name,
    ...(container === undefined ? {} : { container }),
    ...(Object.keys(own).length === 0 ? {} : { commands: own }),
  }
}

/**
 * Lets a dead-man's switch that has nobody any more act now, and waits until Synapse serves. The lock of operations proves
 * that nobody is at work there: it is the kernel's, and goes with its holder. Throws `host/lock-busy` when somebody is.
 */
export async function settleWindow({ host, stateFolder, synapse }: HostSide, progress: Progress) {
  if ((await readJournal(host, stateFolder)) === undefined && !(await isThere(host, stateFolder))) return []
  const lock = posix.join(stateFolder, "operation.lock")
  const answers = (text: string) => servesWith(host, synapse, text)
  const settling = () => settle({ host, stateFolder, say: progress.detail, servesWith: answers })
  const { wasPutBack, found } = await host.withLock(lock, settling, { waitSeconds: 5 })
  if (!wasPutBack) return []
  progress.detail("Synapse has to serve again")
  await waitForSynapse(host, synapse, progress.detail)
  const kept = found.map((path) => `Somebody's edit of it, made in the window, is kept: ${path}`)
  return ["homeserver.yaml is as it was before that run, and Synapse was started with it.", ...kept]
}

/** What the journal says that a run is at, or was at when it was stopped. */
export async function stopIn({ host, stateFolder }: HostSide): Promise<string | undefined> {
  const journal = await readJournal(host, stateFolder).catch(() => undefined)
  return journal === undefined || journal.ended !== undefined ? undefined : describeStop(journal)
}

/** Whether Synapse serves, who checks passwords, and whether MAS is stopped: a sentence each. */
export async function describeServer(side: HostSide, { detail }: Progress): Promise<readonly string[]> {
  const { host, synapse } = side
  try {
    await waitForSynapse(host, synapse, detail)
    const isDelegated = await isSynapseDelegated(host, synapse)
    const serves = `Synapse serves, ${isDelegated ? "and hands log-in to MAS" : "with its own log-in"}.`
    return [serves, ...(await describeStoppedMas(side, isDelegated))]
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error)
    return [`Synapse does not serve: ${why}`, ...(await describeStoppedMas(side, false))]
  }
}

/** Nothing is said of one that runs, or that is no container. */
async function describeStoppedMas({ host, mas }: HostSide, isNeeded: boolean): Promise<readonly string[]> {
  if (mas.commands?.start !== undefined) return []
  const inspection = await inspectService(host, mas).catch(() => undefined)
  if (inspection === undefined || inspection.isRunning) return []
  return [`MAS is stopped: ${isNeeded ? "nobody can log in" : "nobody needs it in legacy"}; \`pulumi up\` starts it.`]
}
