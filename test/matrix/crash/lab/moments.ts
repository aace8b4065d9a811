import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import type { Journal } from "../../../../components/window/journal.ts"
import type { Step } from "../../../../components/window/steps.ts"
import type { Lab } from "../../../lab/lab.ts"
import type { RunningPulumi } from "./run-pulumi.ts"

/** How long a run may take to come to a point, on a machine with other work. */
export const limitSeconds = 400

/** Returns when a run has come to a step, by its journal. Throws when it ends without. */
export async function untilStep({ places }: Pick<Lab, "places">, run: RunningPulumi, step: Step): Promise<void> {
  const file = join(places.host.stateFolder, "journal.json")
  const isThere = async () => {
    const journal = JSON.parse(await readFile(file, "utf8")) as Journal
    return journal.startedAt >= run.startedAt && journal.step === step && journal.ended === undefined
  }
  await until(`it has come to ${step}`, isThere, run)
}

/** Returns when something is so. Throws when it is not within minutes, or when the run ends before. */
export async function until(what: string, isSo: () => Promise<boolean>, run?: RunningPulumi): Promise<void> {
  const deadline = Date.now() + limitSeconds * 1000
  let over: string | undefined
  void run?.ended.then(({ output }) => {
    over = output
  })
  while (!(await isSo())) {
    if (over !== undefined) throw new Error(`the run ended before ${what}: ${over}`)
    if (Date.now() > deadline) throw new Error(`waited for ${limitSeconds} s until ${what}`)
    await pause(20)
  }
}
