import { makeLab } from "../../../lab/lab.ts"
import { prepareImages } from "../../../offline/images/images.ts"
import { prepareToolchain } from "../../../offline/toolchain/toolchain.ts"
import { makeCrashLab } from "../lab/crash-lab.ts"
import { makeWorlds } from "../lab/worlds.ts"
import { runScenario } from "../scenarios/run-scenario.ts"
import { OwnEngine } from "./own-engine.ts"
import { engineScenarios } from "./scenarios.ts"

/**
 * Plays on an engine of its own, in the network namespace that it was started in, and prints each outcome
 * as a line of JSON.
 */
const say = (line: string) => void process.stderr.write(`${line}\n`)
const shared = process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock"
const { environment, dockerCli } = await prepareToolchain(say)
process.env.PATH = environment.PATH
const images = await prepareImages({ docker: dockerCli, environment, say })

await using engine = await OwnEngine.make()
say("an engine of its own gets the images")
await engine.load(shared, Object.values(images))
process.env.DOCKER_HOST = engine.address
await using lab = await makeLab({ images, say })
const crashLab = await makeCrashLab(lab, say)
const worlds = await makeWorlds(crashLab, say)
for (const scenario of engineScenarios) {
  const outcome = await runScenario(
    { lab: crashLab, worlds },
    { ...scenario, play: (stage) => scenario.play(stage, engine) },
  )
  process.stdout.write(`${JSON.stringify(outcome)}\n`)
}
