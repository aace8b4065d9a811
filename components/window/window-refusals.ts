import type { Host } from "../host/host.ts"
import { Refusal } from "../report/refusal.ts"
import { isArmed, switchFolder } from "./dead-mans-switch.ts"
import { readJournal } from "./journal.ts"
import { describeStop } from "./settle.ts"

/** We were away for longer than the lease: somebody else has put everything back. */
export function switchActed(host: Host, stateFolder: string): Refusal {
  return new Refusal({
    code: "window/switch-acted",
    what: "The dead-man's switch has acted: nothing was heard of this run for longer than its lease",
    where: { host: host.name, file: switchFolder(stateFolder) },
    meaning: "homeserver.yaml is as it was, and Synapse serves as before.",
    next: "See what held this run up (the connection, a machine asleep), then `pulumi up`.",
  })
}

/**
 * What is live cannot be told while a window is open: it may go forward or back. Throws `window/under-way`.
 */
export async function demandNoWindow(host: Host, stateFolder: string): Promise<void> {
  if (!(await isArmed(host, stateFolder))) return
  const journal = await readJournal(host, stateFolder)
  throw new Refusal({
    code: "window/under-way",
    what: `Synapse is being restarted under a dead-man's switch${journal ? `: ${describeStop(journal)}` : ""}`,
    where: { host: host.name, file: switchFolder(stateFolder) },
    meaning: "Either another run is at work, or one was killed; then the switch lets the server serve as before.",
    next: "Wait for the other run. If it was killed: `npm run recover -- --stack NAME`, then `pulumi up`.",
  })
}
