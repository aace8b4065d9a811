import { setTimeout as pause } from "node:timers/promises"
import { killAll, listProcesses, treeOf } from "../../../lab/processes.ts"
import { recover } from "../lab/recover.ts"
import { upHalfWay } from "./half-way.ts"
import { docker, syn2masOf } from "./lab-docker.ts"
import { complain, type Scenario } from "./scenario.ts"

const point = "cutover: migrate, half-way"

/** Who began it is gone, and the work goes on. */
export const workGoesOn: readonly Scenario[] = [
  {
    point,
    fault: "the docker client is killed, the migration goes on in its container",
    isKilled: false,
    async play(stage) {
      const { run, holdUp } = await upHalfWay(stage, "migrate")
      const at = Date.now()
      const isClient = ({ argv }: { readonly argv: readonly string[] }) =>
        argv.includes("--attach") && argv.includes(syn2masOf(stage.lab))
      const killed = await killAll(async () => treeOf(run.pid, await listProcesses()).filter(isClient))
      await holdUp.release()
      const ended = await run.ended
      const complaints = [
        ...complain(killed.length === 1, `${killed.length} docker clients were killed`),
        ...complain(/migration\/failed/.test(ended.output), "pulumi up did not tell of the failed migration"),
      ]
      return { at, run: ended, complaints, note: "migration/failed; the container was ended" }
    },
  },
  {
    point,
    fault: "all of ours is killed, the migration goes on in its container to its end",
    isKilled: true,
    async play(stage) {
      const { run, holdUp } = await upHalfWay(stage, "migrate")
      const at = Date.now()
      const killed = await killAll(async () => treeOf(run.pid, await listProcesses()))
      await holdUp.release()
      // Its exit code; docker takes it away then.
      const exitCode = await docker(stage.lab, "wait", syn2masOf(stage.lab)).catch(() => "gone already")
      return {
        at,
        run: await run.ended,
        complaints: [],
        note: `${killed.length} processes killed; syn2mas: ${exitCode}`,
      }
    },
  },
  {
    point,
    fault: "only the engine is killed, its provider goes on",
    isKilled: true,
    async play(stage) {
      const { run, holdUp } = await upHalfWay(stage, "migrate")
      const at = Date.now()
      process.kill(run.pid, "SIGKILL")
      const recovering = recover(stage.lab)
      const isWaiting = await Promise.race([recovering.then(() => false), pause(5000, true)])
      await holdUp.release()
      const { exitCode, report } = await recovering
      const complaints = [
        ...complain(isWaiting, "recover did not wait for the provider at work"),
        ...complain(exitCode === 0, `recover ended with exit code ${exitCode}: ${report.trouble}`),
      ]
      return { at, run: await run.ended, complaints, note: report.cleared.join("; ") }
    },
  },
]
