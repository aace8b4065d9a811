import { formatDuration } from "../report/durations.ts"
import type { StepTimes } from "../window/step-times.ts"
import { expectedRestartSeconds, expectedWindowSeconds } from "./expected-window.ts"

/** What the summary of a cutover goes by. */
export interface WayThere {
  readonly times: StepTimes
  /** Accounts and sessions that Synapse holds. */
  readonly users: number
  readonly sessions: number
  /** MAS's public address: where people log in from then on. */
  readonly issuer: string
  /** Whether warnings were acknowledged, or something is worth knowing: they are told under the migration. */
  readonly hasFindings: boolean
  /** What starts Synapse when the machine restarts in the window, as a clause. */
  readonly atBoot: string
}

/**
 * What throwing the switch does, in the order in which it happens, and what people notice of it: for preview, above all
 * detail. The order is that of `MatrixAuth` and, within the third line, that of the steps of the cutover.
 */
export function sayWayThere({ times, users, sessions, issuer, hasFindings, atBoot }: WayThere): readonly string[] {
  const window = expectedWindowSeconds(times)
  const forHowLong = window === undefined ? "a while that is known after the first dry-run" : about(window)
  const but = hasFindings ? ", but for what the migration below says" : ""
  return [
    "the way there, in this order:",
    "1. a proven backup; MAS's settings and clients, and MAS restarts. Nobody notices",
    "2. Synapse tries its new homeserver.yaml, syn2mas checks and tries the migration, on your data. Synapse goes on serving; what is wrong ends it here",
    `3. Synapse stops: for ${forHowLong} clients show that the server is out of reach, and go on by themselves afterwards. MAS gets ${users} accounts and ${sessions} sessions, compared one by one. A failure or a kill lets Synapse serve as before; ${atBoot}`,
    `4. Synapse serves again, delegated: whoever is logged in stays so${but}; rooms, keys and devices are as they were`,
    `5. well-known and Element tell clients: from now on people log in at ${issuer}, with the passwords they have; the old password form is gone`,
    "then back, whenever you want: `authentication: legacy` and `pulumi up`",
  ]
}

/** The same for the way back; what it costs is told besides. */
export function sayWayBack(times: StepTimes, atBoot: string): readonly string[] {
  return [
    "the way back, in this order:",
    "1. a proven backup",
    `2. Synapse restarts with homeserver.yaml as it was, apart from what others edited since: people wait for ${about(expectedRestartSeconds(times))}. Sessions from before the cutover go on, but for those that MAS has refreshed since; Synapse checks passwords itself; ${atBoot}`,
    "3. MAS stays up, idle, and writes nothing to Synapse any more",
    "4. well-known and Element as before: people log in with the password form again",
  ]
}

function about(seconds: number): string {
  return `about ${formatDuration(seconds)}`
}
