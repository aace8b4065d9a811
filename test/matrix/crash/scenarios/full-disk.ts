import { dirname } from "node:path"
import { waitUntilServed } from "../judge/serving.ts"
import type { CrashLab } from "../lab/crash-lab.ts"
import { upHalfWay } from "./half-way.ts"
import { docker } from "./lab-docker.ts"
import { complain, type Played, type Scenario, type Stage } from "./scenario.ts"
import { smallDiskAt } from "./small-disk.ts"

const point = "cutover: migrate, half-way"

/** The disk is full from the middle of the window on: nothing can be written, and all has to be put back even so. */
export const fullDisks: readonly Scenario[] = [
  {
    point,
    fault: "the disk of homeserver.yaml is full",
    isKilled: false,
    async play(stage) {
      const { lab, litter } = stage
      const disk = await standingStill(lab, () => smallDiskAt(dirname(lab.places.synapse.homeserverYaml)))
      litter.defer(() => standingStill(lab, () => disk[Symbol.asyncDispose]()))
      return filled(stage, disk.fill)
    },
  },
  {
    point,
    fault: "the disk of our own folder is full",
    isKilled: false,
    async play(stage) {
      const disk = stage.litter.use(await smallDiskAt(stage.lab.places.host.stateFolder))
      return filled(stage, disk.fill)
    },
  },
]

/** It sees another disk only when it starts anew. */
async function standingStill<T>(lab: CrashLab, work: () => PromiseLike<T>): Promise<T> {
  const { container } = lab.places.synapse
  await docker(lab, "stop", container)
  const result = await work()
  await docker(lab, "start", container)
  await waitUntilServed(lab, 60)
  return result
}

async function filled(stage: Stage, fill: () => Promise<void>): Promise<Played> {
  const { run, holdUp } = await upHalfWay(stage, "migrate")
  const at = Date.now()
  await fill()
  await holdUp.release()
  const ended = await run.ended
  const complaints = complain(/host\/disk-full/.test(ended.output), "pulumi up did not tell of the full disk")
  return { at, run: ended, complaints, note: "host/disk-full, and back to legacy" }
}
