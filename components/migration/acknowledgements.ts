import { preFlightKinds } from "./pre-flight.ts"
import { warningNames } from "./syn2mas-report.ts"

/** The warnings that config may acknowledge: ours and those of syn2mas; some are both. */
export const acknowledgeable: readonly string[] = [
  ...new Set([
    ...preFlightKinds.filter(({ severity }) => severity === "warning").map(({ name }) => name),
    ...warningNames,
  ]),
]
