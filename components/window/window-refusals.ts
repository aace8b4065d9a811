import type { Host } from "../host/host.ts"
import { formatDuration } from "../report/durations.ts"
import { Refusal } from "../report/refusal.ts"
import { readJournal } from "./journal.ts"
import { describeStop } from "./settle.ts"
import type { Step } from "./steps.ts"
import { isAlive, isArmed, switchFolder } from "./switch-state.ts"

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

/** Its process is gone, or what it goes by: nothing would let the server serve as before if we were killed now. */
export function switchLost(host: Host, stateFolder: string): Refusal {
  return new Refusal({
    code: "window/switch-lost",
    what: "The dead-man's switch is gone: its process was ended, or its folder cannot be written",
    where: { host: host.name, file: switchFolder(stateFolder) },
    meaning: "The window was not gone on with without it: homeserver.yaml is put back, and Synapse serves as before.",
    next: "See who ends it (out of memory, a clean-up of processes, somebody's kill), then `pulumi up`.",
  })
}

/** It may still do something one day: whoever puts back has to expect that. */
export function stepHangs(host: Host, stateFolder: string, step: Step, limitSeconds: number): Refusal {
  return new Refusal({
    code: "window/step-hangs",
    what: `The step ${step} took longer than ${formatDuration(limitSeconds)}, which is more than it may`,
    where: { host: host.name, file: switchFolder(stateFolder) },
    meaning: "The window was not gone on with: homeserver.yaml is put back, and Synapse serves as before.",
    next: "See what it waits for (a disk, Docker, something that lies in its way), then `pulumi up`.",
  })
}

/**
 * What is live cannot be told while a window is open: it may go forward or back. Throws `window/under-way`.
 */
export async function demandNoWindow(host: Host, stateFolder: string): Promise<void> {
  if (!(await isArmed(host, stateFolder))) return
  const journal = await readJournal(host, stateFolder)
  const watched = await isAlive(host, stateFolder)
  throw new Refusal({
    code: "window/under-way",
    what: `Synapse is being restarted under a dead-man's switch${journal ? `: ${describeStop(journal)}` : ""}`,
    where: { host: host.name, file: switchFolder(stateFolder) },
    meaning: watched
      ? "Either another run is at work, or one was killed; then the switch lets the server serve as before."
      : "Either another run is at work, or one was killed, and its switch with it: then nothing puts the server back by itself.",
    next: "Wait for the other run. If it was killed: `npm run recover -- --stack NAME`, then `pulumi up`.",
  })
}
