import { breakingModule } from "./breaking-module.ts"
import { containersInMigrate } from "./containers-in-migrate.ts"
import { editedByOthers } from "./edited-by-others.ts"
import { fullDisks } from "./full-disk.ts"
import { interrupted } from "./interrupted.ts"
import { killedHalfWay } from "./killed-half-way.ts"
import type { Scenario } from "./scenario.ts"
import { twoAtOnce } from "./two-at-once.ts"
import { workGoesOn } from "./work-goes-on.ts"

/** By kind; of each the first stands for the others. */
const kinds: readonly (readonly Scenario[])[] = [
  containersInMigrate,
  fullDisks,
  killedHalfWay,
  workGoesOn,
  breakingModule,
  editedByOthers,
  interrupted,
  twoAtOnce,
]

/** All of them, in the order in which they are played. */
export const allScenarios: readonly Scenario[] = kinds.flat()

/** One of each kind. */
export const sampleScenarios: readonly Scenario[] = kinds.flatMap((kind) => kind.slice(0, 1))
