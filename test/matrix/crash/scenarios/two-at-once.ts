import { copyFile, readFile, rm } from "node:fs/promises"
import { parse } from "yaml"
import { configOf, configure } from "../lab/configure.ts"
import type { CrashLab } from "../lab/crash-lab.ts"
import { type PulumiRun, runPulumi, up } from "../lab/run-pulumi.ts"
import { upHalfWay } from "./half-way.ts"
import { complain, type Played, type Scenario, type Stage } from "./scenario.ts"

const point = "cutover: migrate, half-way"

/** A second run, while the first is in the middle of the window: it is refused, and nothing of the first is disturbed. */
export const twoAtOnce: readonly Scenario[] = [
  {
    point,
    fault: "a second up of the same stack",
    isKilled: false,
    play: (stage) => beside(stage, () => runPulumi(stage.lab, ...up), /is currently locked by/),
  },
  {
    point,
    fault: "an up of another stack over the same server",
    isKilled: false,
    async play(stage) {
      const other = await anotherStack(stage)
      return beside(stage, () => runPulumi(other, ...up), /host\/lock-busy|window\/under-way/)
    },
  },
]

async function beside(stage: Stage, second: () => Promise<PulumiRun>, refusal: RegExp): Promise<Played> {
  const { run, holdUp } = await upHalfWay(stage, "migrate")
  const refused = await second()
  // Until here nobody is served, since the first waits for the second's end.
  const at = Date.now()
  await holdUp.release()
  const ended = await run.ended
  const complaints = [
    ...complain(
      refused.exitCode !== 0 && refusal.test(refused.output),
      `the second was not refused: ${refused.output}`,
    ),
    ...complain(ended.exitCode === 0, `the first pulumi up ended with exit code ${ended.exitCode}`),
  ]
  return { at, run: ended, complaints, note: `refused: ${refusal.exec(refused.output)?.[0]}; the first went through` }
}

/** Somebody else's, over the same server, with the same clients in its config; it knows of nothing yet. */
async function anotherStack({ lab, litter }: Stage): Promise<CrashLab> {
  const other = { ...lab, stack: `${lab.stack}-too` }
  await copyFile(configOf(lab), configOf(other))
  await configure(other, { clients: await clientsWithIds(lab) })
  litter.defer(async () => {
    await runPulumi(other, "stack", "rm", "--yes", "--force")
    await rm(configOf(other), { force: true })
  })
  const { exitCode, output } = await runPulumi(other, "stack", "init")
  if (exitCode !== 0) throw new Error(`another stack could not be made: ${output}`)
  return other
}

/** Without an id in the config, each stack derives one of its own. */
async function clientsWithIds(lab: CrashLab): Promise<readonly object[]> {
  const { config } = parse(await readFile(configOf(lab), "utf8")) as { config: Record<string, { name: string }[]> }
  const { output } = await runPulumi(lab, "stack", "output", "clientIds", "--json")
  const ids = JSON.parse(output) as Record<string, string>
  return (config["matrix-auth:clients"] ?? []).map((client) => ({ ...client, id: ids[client.name] }))
}
