import { dirname } from "node:path"
import type { Lab } from "../../../lab/lab.ts"
import type { Seeded } from "../../../lab/seed/seed.ts"
import { seedLab } from "../../../lab/seed/seed-lab.ts"

/**
 * A seeded server and a stack over it, as an operator has them: plain data, so that a lab that is kept can be taken up
 * again by another process.
 */
export interface CrashLab {
  /** The stack that knows the server as somebody else's. */
  readonly stack: string
  /** The folder that `pulumi` runs in. */
  readonly project: string
  readonly environment: Readonly<Record<string, string>>
  readonly places: Lab["places"]
  readonly serverName: string
  readonly dockerCli: string
  /** All files of the server. */
  readonly hostFolder: string
  /** Where Pulumi keeps state and locks. */
  readonly backendFolder: string
  readonly seeded: Seeded
}

/** Short, since in the lab nobody is there to lose the link. */
export const leaseSeconds = 5

/** Brings up a seeded server in `legacy`, with all that is neutral done by a stack that adopted it. */
export async function makeCrashLab(lab: Lab, say: (line: string) => void): Promise<CrashLab> {
  say("a server of its own comes up")
  await lab.bringUpServer()
  say("21 accounts and 41 tokens are seeded")
  const seeded = await seedLab(lab)
  const own = await lab.adopt()
  const hostFolder = dirname(lab.places.host.stateFolder)
  await own.configure({
    host: { ...lab.places.host, leaseSeconds },
    mas: { ...lab.places.mas, cleanLogSeconds: 0 },
  })
  say("everything that is neutral is done, in legacy")
  const { exitCode, output } = await own.pulumi(["up", "--yes", "--skip-preview"])
  if (exitCode !== 0) throw new Error(`the crash lab is not ready: ${output}`)
  return {
    stack: own.stack,
    project: lab.project,
    environment: lab.environment,
    places: lab.places,
    serverName: lab.serverName,
    dockerCli: lab.dockerCli,
    hostFolder,
    backendFolder: new URL(lab.environment.PULUMI_BACKEND_URL ?? "").pathname,
    seeded,
  }
}
