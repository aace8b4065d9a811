import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { killAll, listProcesses, treeOf } from "../../../lab/processes.ts"
import type { CrashLab } from "../lab/crash-lab.ts"
import { hurtUp } from "../runs/hurt.ts"
import { upHalfWay } from "../scenarios/half-way.ts"
import { complain, type Played, type Scenario, type Stage } from "../scenarios/scenario.ts"
import type { OwnEngine } from "./own-engine.ts"

const halfWay = "cutover: migrate, half-way"
const restarting = { way: "cutover", kind: "step", name: "restart-synapse" } as const

/** One that takes an engine that nobody else has. */
export interface EngineScenario extends Omit<Scenario, "play"> {
  readonly play: (stage: Stage, engine: OwnEngine) => Promise<Played>
}

/** What can happen to the engine under the window. */
export const engineScenarios: readonly EngineScenario[] = [
  {
    point: halfWay,
    fault: "the Docker engine is restarted, the dead-man's switch lives",
    isKilled: false,
    async play(stage, engine) {
      const { run, holdUp } = await upHalfWay(stage, "migrate")
      const at = Date.now()
      await engine.restart()
      await holdUp.release()
      const ended = await run.ended
      const complaints = complain(ended.exitCode !== 0, "pulumi up called it a success")
      return { at, run: ended, complaints, note: `pulumi up ended with exit code ${ended.exitCode}` }
    },
  },
  {
    point: halfWay,
    fault: "the server loses power, the dead-man's switch with it",
    isKilled: true,
    async play(stage, engine) {
      const { run } = await upHalfWay(stage, "migrate")
      const at = Date.now()
      await killAll(async () => treeOf(run.pid, await listProcesses()))
      await losePower(stage.lab, engine)
      return { at, run: await run.ended, complaints: [], note: "Synapse came up with the engine, in legacy" }
    },
  },
  {
    point: "cutover: restart-synapse, homeserver.yaml is written",
    fault: "the server loses power, the dead-man's switch with it",
    isKilled: true,
    async play({ lab }, engine) {
      const { at = Date.now(), run } = await hurtUp(lab, restarting, "killed before it")
      await losePower(lab, engine)
      return { at, run, complaints: [], note: "Synapse and MAS came up with the engine, delegated" }
    },
  },
]

/** The switch goes as all else; then the power is there again. */
async function losePower({ places }: CrashLab, engine: OwnEngine): Promise<void> {
  const pid = await readFile(join(places.host.stateFolder, "switch/watching"), "utf8")
  process.kill(Number(pid), "SIGKILL")
  await engine.losePower()
  await engine.start()
}
