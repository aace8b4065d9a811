import type { Between } from "../judge/files.ts"
import type { CrashLab } from "../lab/crash-lab.ts"
import type { PulumiRun } from "../lab/run-pulumi.ts"
import type { Worlds } from "../lab/worlds.ts"

/** What else can happen to a server on its way there than that a step fails or is killed. */
export interface Scenario {
  /** Where on the way, and what happens: both are in out/crash.json. */
  readonly point: string
  readonly fault: string
  /** Whether something of ours is killed: then `npm run recover` comes before the next `pulumi up`. */
  readonly isKilled: boolean
  /** Lets it happen to a run from legacy to delegated. Returns when that run has ended. */
  readonly play: (stage: Stage) => Promise<Played>
}

/** Where a scenario is played: a server in legacy, its stack's config on delegated, nothing under way. */
export interface Stage {
  readonly lab: CrashLab
  readonly worlds: Worlds
  /** Taken away when the scenario has been judged, last first, also when it fails. */
  readonly litter: AsyncDisposableStack
}

/** What happened. */
export interface Played {
  /** By `Date.now()`. */
  readonly at: number
  /** The run that it happened to. */
  readonly run: PulumiRun
  /** What is wrong already; what is wrong with the server is looked at later. */
  readonly complaints: readonly string[]
  readonly note: string
  /** Where the server's files are to be, if people have changed them too. Default: as without them. */
  readonly between?: Between
}

/** None where it is as wanted. */
export function complain(isSo: boolean, complaint: string): readonly string[] {
  return isSo ? [] : [complaint]
}
