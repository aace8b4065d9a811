import { formatDuration } from "../report/durations.ts"
import type { StepTimes } from "../window/step-times.ts"
import type { Step } from "../window/steps.ts"

/** Synapse's start, before it was ever seen here: 3 to 6 s with 1.163.2 and a small database. */
const unseenStartSeconds = 10

/** What each step of the window is expected to take by: itself when it was done before, else what is most like it. */
const likeness: readonly (readonly [Step, ...Step[]])[] = [
  ["stop-synapse", "stop-mas", "stop-mas-to-rehearse"],
  ["stop-mas", "stop-mas-to-rehearse"],
  ["migrate", "dry-run"],
  ["compare"],
  ["start-mas", "start-mas-after-rehearsal"],
  ["write-homeserver"],
  ["restart-synapse"],
  ["prove-synapse"],
]

/** For preview: how long nobody will be served, by what was measured on this server. */
export function expectWindow(times: StepTimes): string {
  const migrate = times.migrate ?? times["dry-run"]
  if (migrate === undefined) return "how long nobody will be served is known after the first dry-run"
  const expected = likeness.map(([step, ...alike]) => {
    const known = [step, ...alike].map((one) => times[one]).find((seconds) => seconds !== undefined)
    return known ?? (step === "restart-synapse" ? unseenStartSeconds : 0)
  })
  const seconds = expected.reduce((sum, one) => sum + one, 0)
  const by = times.migrate === undefined ? "as long as its dry-run here" : "as the last time"
  return `nobody will be served for about ${formatDuration(seconds)}: the migration takes ${formatDuration(migrate)}, ${by}`
}
