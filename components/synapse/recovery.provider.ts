import { posix } from "node:path"
import type { Host } from "../host/host.ts"
import type { Context, HostedInputs, Lifecycle } from "../lifecycle/lifecycle.ts"
import { readJournal } from "../window/journal.ts"
import { describeStop, settle } from "../window/settle.ts"
import { isThere } from "../window/switch-state.ts"
import { servesWith } from "./serves-with.ts"
import { type SynapseAddress, waitForSynapse } from "./synapse-address.ts"

export interface RecoveryInputs extends HostedInputs {
  readonly stateFolder: string
  readonly synapse: SynapseAddress
  /** Filled in by `check`: where the run stopped that was recovered from last, so that each such run is a change. */
  readonly interrupted?: string
}

/** What a killed run left open is settled by the first resource that anything else waits for. */
export const lifecycle: Lifecycle<RecoveryInputs, Record<never, never>> = {
  outputs: [],
  identity: [],
  async check(inputs, before, { host }) {
    const stop = await findLeftOpen(host, inputs.stateFolder)
    const interrupted = stop ?? before?.interrupted
    const plan =
      stop === undefined ? [] : [`first of all, what the last run left open is recovered: it stopped ${stop}`]
    return { inputs: interrupted === undefined ? inputs : { ...inputs, interrupted }, plan }
  },
  async read(state) {
    return state
  },
  async converge({ stateFolder, synapse }, _, context) {
    if (await isThere(context.host, stateFolder)) await recoverInterrupted(stateFolder, synapse, context)
    return {}
  },
  async remove() {
    // There is nothing of it on the host.
  },
}

async function findLeftOpen(host: Host, stateFolder: string): Promise<string | undefined> {
  if (!(await isThere(host, stateFolder))) return undefined
  const journal = await readJournal(host, stateFolder)
  return journal === undefined ? "before it had noted anything" : describeStop(journal)
}

/** Throws `host/lock-busy` where another run is at work: then nothing is left open, and nothing of its is touched. */
async function recoverInterrupted(stateFolder: string, synapse: SynapseAddress, { host, say }: Context): Promise<void> {
  const answers = (text: string) => servesWith(host, synapse, text)
  const settling = () => settle({ host, stateFolder, say, servesWith: answers })
  const lock = posix.join(stateFolder, "operation.lock")
  const { wasPutBack } = await host.withLock(lock, settling, { waitSeconds: 5 })
  if (wasPutBack) await waitForSynapse(host, synapse, say)
}
