import { formatDuration } from "../report/durations.ts"
import type { StepTimes } from "../window/step-times.ts"
import type { Step } from "../window/steps.ts"

/** Synapse's start, before it was ever seen here: 3 to 6 s with 1.163.2 and a small database. */
const unseenStartSeconds = 10

type Likeness = readonly (readonly [Step, ...Step[]])[]

/** What each step is expected to take by: itself when it was done before, else what is most like it. */
const restarting: Likeness = [["write-homeserver"], ["restart-synapse"], ["prove-synapse"]]

const migrating: Likeness = [
  ["stop-synapse", "stop-mas", "stop-mas-to-rehearse"],
  ["stop-mas", "stop-mas-to-rehearse"],
  ["migrate", "dry-run"],
  ["compare"],
  ["start-mas", "start-mas-after-rehearsal"],
  ...restarting,
]

/** How long nobody will be served at the cutover, by what was measured on this server. `undefined`: nothing was, yet. */
export function expectedWindowSeconds(times: StepTimes): number | undefined {
  return migrationSeconds(times) === undefined ? undefined : sumOf(migrating, times)
}

/** The same for a restart of Synapse with another homeserver.yaml. */
export function expectedRestartSeconds(times: StepTimes): number {
  return sumOf(restarting, times)
}

/** For preview: how long nobody will be served, and by what that is known. */
export function expectWindow(times: StepTimes): string {
  const [seconds, migrate] = [expectedWindowSeconds(times), migrationSeconds(times)]
  if (seconds === undefined || migrate === undefined)
    return "how long nobody will be served is known after the first dry-run"
  const by = times.migrate === undefined ? "as long as its dry-run here" : "as the last time"
  return `nobody will be served for about ${formatDuration(seconds)}: the migration takes ${formatDuration(migrate)}, ${by}`
}

function migrationSeconds(times: StepTimes): number | undefined {
  return times.migrate ?? times["dry-run"]
}

function sumOf(likeness: Likeness, times: StepTimes): number {
  const expected = likeness.map(([step, ...alike]) => {
    const known = [step, ...alike].map((one) => times[one]).find((seconds) => seconds !== undefined)
    return known ?? (step === "restart-synapse" ? unseenStartSeconds : 0)
  })
  return expected.reduce((sum, one) => sum + one, 0)
}
