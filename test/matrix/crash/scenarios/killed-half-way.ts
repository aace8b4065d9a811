import { killAll, listProcesses, treeOf } from "../../../lab/processes.ts"
import { upHalfWay } from "./half-way.ts"
import { docker, syn2masOf } from "./lab-docker.ts"
import type { Scenario } from "./scenario.ts"

/** Everything is killed, the container with it: MAS's tables stay away under their other names. */
export const killedHalfWay: readonly Scenario[] = (["dry-run", "migrate"] as const).map((step) => ({
  point: `cutover: ${step}, half-way`,
  fault: "all of ours is killed, and the container",
  isKilled: true,
  async play(stage) {
    const { run, holdUp } = await upHalfWay(stage, step)
    const at = Date.now()
    const killed = await killAll(async () => treeOf(run.pid, await listProcesses()))
    await docker(stage.lab, "kill", syn2masOf(stage.lab))
    await holdUp.release()
    return { at, run: await run.ended, complaints: [], note: `${killed.length} processes and the container killed` }
  },
}))
