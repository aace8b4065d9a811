import { gainedNames } from "./gained.ts"
import { preFlightKinds } from "./pre-flight.ts"
import { warningNames } from "./syn2mas-report.ts"

/** What config may acknowledge: warnings, ours and those of syn2mas, of which some are both; and what MAS has gained. */
export const acknowledgeable: readonly string[] = [
  ...new Set([
    ...preFlightKinds.filter(({ severity }) => severity === "warning").map(({ name }) => name),
    ...warningNames,
    ...gainedNames,
  ]),
]
