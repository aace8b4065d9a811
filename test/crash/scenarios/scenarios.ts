import { breakingModule } from "./breaking-module.ts"
import { containersInMigrate } from "./containers-in-migrate.ts"
import { editedByOthers } from "./edited-by-others.ts"
import { fullDisks } from "./full-disk.ts"
import { interrupted } from "./interrupted.ts"
import { killedHalfWay } from "./killed-half-way.ts"
import type { Scenario } from "./scenario.ts"
import { twoAtOnce } from "./two-at-once.ts"
import { workGoesOn } from "./work-goes-on.ts"

/** All of them, in the order in which they are played. */
export const allScenarios: readonly Scenario[] = [
  ...containersInMigrate,
  ...fullDisks,
  ...killedHalfWay,
  ...workGoesOn,
  ...breakingModule,
  ...editedByOthers,
  ...interrupted,
  ...twoAtOnce,
]
