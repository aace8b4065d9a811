import { until } from "../lab/moments.ts"
import { upHalfWay } from "./half-way.ts"
import { complain, type Scenario } from "./scenario.ts"

const point = "cutover: migrate, half-way"

/** Ctrl-C, as a terminal sends it: to `pulumi` and all that is in its group. */
export const interrupted: readonly Scenario[] = [
  {
    point,
    fault: "Ctrl-C once",
    isKilled: false,
    async play(stage) {
      const { run, holdUp } = await upHalfWay(stage, "migrate", { inOwnGroup: true })
      const at = Date.now()
      process.kill(-run.pid, "SIGINT")
      await holdUp.release()
      const ended = await run.ended
      const complaints = complain(ended.exitCode !== 0, "pulumi up called it a success")
      return { at, run: ended, complaints, note: `pulumi up ended with exit code ${ended.exitCode}` }
    },
  },
  {
    point,
    fault: "Ctrl-C twice",
    isKilled: true,
    async play(stage) {
      const { run, holdUp } = await upHalfWay(stage, "migrate", { inOwnGroup: true })
      const at = Date.now()
      process.kill(-run.pid, "SIGINT")
      await until("it says that it cancels", async () => /press \^C again|cancell?ing/i.test(run.said()), run)
      process.kill(-run.pid, "SIGINT")
      const ended = await run.ended
      await holdUp.release()
      return { at, run: ended, complaints: [], note: `pulumi up ended with exit code ${ended.exitCode}` }
    },
  },
]
