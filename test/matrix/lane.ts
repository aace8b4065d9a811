import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { countOf, runTests } from "../tiers/run-tests.ts"
import { type Choice, takeFitting } from "./choose.ts"
import { filesOf, type Shard } from "./shards.ts"
import { handOver, makeSharedLab, type SharedLab } from "./shared-lab.ts"

/** What became of a shard. */
export interface ShardResult {
  readonly shard: Shard
  readonly isGreen: boolean
  readonly seconds: number
  readonly passed: number
  readonly failed: number
}

export interface LaneOptions {
  /** Laid over the environment of each shard. */
  readonly environment: Readonly<Record<string, string>>
  secondsLeft(): number
  say(line: string): void
  ended(result: ShardResult): Promise<void>
}

/** A shard that takes so much longer than last time hangs. */
const hangs = (cost: number) => Math.max(1800, cost * 4)

/**
 * One shard after the other, as long as the time suffices. Those that share a lab get this lane's, which comes up once. A shard
 * whose lab does not come up has failed; the lane ends with the second in a row.
 */
export async function runLane(waiting: Choice[], options: LaneOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "matrix-auth-lane-"))
  let shared: SharedLab | undefined
  let without = 0
  try {
    while (without < 2) {
      const next = takeFitting(waiting, options.secondsLeft())
      if (next === undefined) break
      const { shard, cost, reason } = next
      options.say(`${shard.name}: ${reason}, about ${Math.round(cost)} s`)
      const isMissing = shard.lab === "shared" && !(await haveLab())
      const begun = performance.now()
      const { isGreen, passed, failed } = isMissing ? { isGreen: false, passed: 0, failed: 1 } : await run(next)
      await options.ended({ shard, isGreen, seconds: (performance.now() - begun) / 1000, passed, failed })
      without = isMissing ? without + 1 : 0
      if (isGreen) continue
      // Whatever made it fail is not to trouble the next.
      await shared?.[Symbol.asyncDispose]()
      shared = undefined
    }
  } finally {
    await shared?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }

  async function haveLab(): Promise<boolean> {
    try {
      shared ??= await makeSharedLab((line) => options.say(line))
    } catch (why) {
      options.say(`its lab did not come up: ${why instanceof Error ? why.stack : why}`)
    }
    return shared !== undefined
  }

  async function run({ shard, cost }: Choice) {
    const handed = shard.lab === "shared" && shared ? await handOver(shared, join(folder, "lab.json")) : {}
    const { isGreen, files } = await runTests(await filesOf(shard), {
      concurrency: 1,
      environment: { ...options.environment, ...shard.environment, ...handed },
      limitSeconds: hangs(cost),
    })
    const { passed, failed } = countOf(files)
    return { isGreen: isGreen && passed > 0, passed, failed }
  }
}
