import { execa } from "execa"
import { runPulumi } from "../../crash/lab/run-pulumi.ts"
import type { DriftLab } from "../lab/drift-lab.ts"

/** How much a look may cost, in plain previews of the same stack. */
export const mostTimes = 1.5

export interface Cost {
  /** Of each pair of runs, one after the other: seconds of `npm run drift` by seconds of `pulumi preview --refresh`. */
  readonly ratios: readonly number[]
  readonly median: number
  readonly mostTimes: number
  readonly isGood: boolean
}

/**
 * Compares `npm run drift` on a clean stack with a plain `pulumi preview --refresh`: in turn, the one first and then the
 * other, so that a busy machine is busy for both; the first pair only warms up.
 */
export async function measureCost(lab: DriftLab, rounds: number, say: (line: string) => void): Promise<Cost> {
  const ratios: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 === 0 ? ([drift, preview] as const) : ([preview, drift] as const)
    const [first, second] = [await secondsOf(() => order[0](lab)), await secondsOf(() => order[1](lab))]
    const [look, plain] = round % 2 === 0 ? [first, second] : [second, first]
    say(`npm run drift ${look.toFixed(1)} s, pulumi preview --refresh ${plain.toFixed(1)} s`)
    if (round > 0) ratios.push(Math.round((look / plain) * 1000) / 1000)
  }
  const median = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? Number.NaN
  return { ratios, median, mostTimes, isGood: median <= mostTimes }
}

async function drift({ stack, project, environment }: DriftLab): Promise<void> {
  const words = ["run", "--silent", "drift", "--", "--stack", stack]
  const { exitCode, all } = await execa("npm", words, { cwd: project, env: environment, reject: false, all: true })
  if (exitCode !== 0) throw new Error(`the stack is not clean, so its look is not measured: ${all}`)
}

async function preview(lab: DriftLab): Promise<void> {
  const { exitCode, output } = await runPulumi(lab, "preview", "--refresh")
  if (exitCode !== 0) throw new Error(output)
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const begin = performance.now()
  await work()
  return (performance.now() - begin) / 1000
}
