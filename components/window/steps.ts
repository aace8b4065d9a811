/**
 * Every step of the operations that a kill must not harm, in order, and what people are told when it begins. Journal,
 * progress, docs and crash tests go by these names; there is no other list.
 */
const rehearsing = {
  "freeze-homeserver": "homeserver.yaml is copied for syn2mas",
  "stop-mas-to-rehearse": "MAS stops for syn2mas check and a dry-run; Synapse goes on serving",
  check: "syn2mas check",
  "dry-run": "syn2mas migrate --dry-run on the same data",
  "start-mas-after-rehearsal": "MAS starts again",
} as const

const serving = {
  "write-homeserver": "homeserver.yaml is written",
  "restart-synapse": "Synapse restarts with the new homeserver.yaml",
  "prove-synapse": "Synapse has to answer as it should",
  "release-switch": "the dead-man's switch is released",
} as const

const said = {
  "look-again": "Synapse's accounts are looked at once more",
  "try-config": "the new homeserver.yaml is tried by Synapse itself, before anything stops",
  "back-up": "a proven backup has to be there",
  "make-room": "MAS has to have room for the accounts",
  ...rehearsing,
  "arm-switch": "the dead-man's switch is armed on the host",
  "stop-synapse": "Synapse stops: from here on nobody is served until the delegated Synapse answers",
  "stop-mas": "MAS stops",
  "weigh-evidence": "the dry-run has to be of the very data that is there now",
  migrate: "syn2mas migrate",
  compare: "what Synapse holds and what MAS got are compared as sets",
  "start-mas": "MAS starts",
  ...serving,
} as const

export type Step = keyof typeof said

/** The cutover: from the last look to the delegated Synapse. */
export const cutoverSteps = Object.keys(said) as readonly Step[]

/** A new homeserver.yaml for a Synapse that serves: the way back, and repairs. */
export const serveSteps: readonly Step[] = ["try-config", "arm-switch", ...(Object.keys(serving) as Step[])]

export function describeStep(step: Step): string {
  return said[step]
}

const minute = 60
/** What syn2mas may take (`syn2mas.ts`), and a little more. */
const migrating = 65 * minute

/**
 * The longest that a step of a window may take, in seconds: more than all limits of what it consists of, so that it ends by
 * those. What takes longer hangs, and hangs no longer: everything is put back.
 */
const limits = {
  "stop-synapse": 5 * minute,
  "stop-mas": 5 * minute,
  "weigh-evidence": 2 * migrating + 30 * minute,
  migrate: migrating,
  compare: 60 * minute,
  "start-mas": 10 * minute,
  "write-homeserver": 12 * minute,
  "restart-synapse": 10 * minute,
  "prove-synapse": 10 * minute,
  "release-switch": 2 * minute,
} as const satisfies Partial<Record<Step, number>>

/** What may lie between two steps of a window. */
export const betweenStepsSeconds = 2 * minute

/** `undefined`: no step of a window. */
export function limitOf(step: Step): number | undefined {
  return (limits as Partial<Record<Step, number>>)[step]
}
