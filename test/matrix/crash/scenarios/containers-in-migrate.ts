import { upHalfWay } from "./half-way.ts"
import { docker, syn2masOf } from "./lab-docker.ts"
import { complain, type Scenario } from "./scenario.ts"

const point = "cutover: migrate, half-way"

/** What else runs in containers comes and goes while syn2mas is at work. */
export const containersInMigrate: readonly Scenario[] = [
  {
    point,
    fault: "syn2mas's container is killed",
    isKilled: false,
    async play(stage) {
      const { run, holdUp } = await upHalfWay(stage, "migrate")
      const at = Date.now()
      await docker(stage.lab, "kill", syn2masOf(stage.lab))
      await holdUp.release()
      const ended = await run.ended
      const complaints = complain(
        /migration\/failed/.test(ended.output),
        "pulumi up did not tell of the failed migration",
      )
      return { at, run: ended, complaints, note: "migration/failed, and back to legacy" }
    },
  },
  {
    point,
    fault: "MAS is started by somebody, and killed",
    isKilled: false,
    async play(stage) {
      const { run, holdUp } = await upHalfWay(stage, "migrate")
      const at = Date.now()
      const { container } = stage.lab.places.mas
      await docker(stage.lab, "start", container)
      await docker(stage.lab, "kill", container)
      await docker(stage.lab, "start", container)
      await holdUp.release()
      const ended = await run.ended
      const complaints = complain(ended.exitCode === 0, `pulumi up ended with exit code ${ended.exitCode}`)
      return { at, run: ended, complaints, note: "the cutover went through" }
    },
  },
  {
    point,
    fault: "Synapse is started by somebody",
    isKilled: false,
    async play(stage) {
      const { run, holdUp } = await upHalfWay(stage, "migrate")
      const at = Date.now()
      await docker(stage.lab, "start", stage.lab.places.synapse.container)
      await holdUp.release()
      const ended = await run.ended
      const isTold =
        /migration\/evidence-does-not-hold/.test(ended.output) && /started in the window/.test(ended.output)
      const complaints = complain(isTold, "a stale copy of MAS went live")
      return { at, run: ended, complaints, note: "refused, since MAS's copy may be stale" }
    },
  },
  {
    point,
    fault: "Synapse's Postgres is restarted",
    isKilled: false,
    async play(stage) {
      const { run } = await upHalfWay(stage, "migrate")
      const at = Date.now()
      await docker(stage.lab, "restart", stage.lab.places.databases.synapse.container)
      const ended = await run.ended
      const complaints = complain(
        /migration\/failed/.test(ended.output),
        "pulumi up did not tell of the failed migration",
      )
      return { at, run: ended, complaints, note: "migration/failed, and back to legacy" }
    },
  },
]
