import { readFile } from "node:fs/promises"
import { execa } from "execa"
import pRetry from "p-retry"
import type { Journal } from "../../components/window/journal.ts"
import type { Step } from "../../components/window/steps.ts"
import { killAll, listProcesses, treeOf } from "../crash/lab/processes.ts"
import type { AdoptingStack, Lab } from "../lab/lab.ts"

/** Types `pulumi up`, and kills all that came of it at a step: engine, program, providers. Its switch lives on. */
export async function killUpAt(lab: Lab, { stack }: AdoptingStack, step: Step): Promise<void> {
  const words = ["up", "--yes", "--skip-preview", "--non-interactive", "--color", "never", "--stack", stack]
  const startedAt = new Date().toISOString()
  const options = { cwd: lab.project, env: lab.environment, reject: false, all: true, stdin: "ignore" } as const
  const running = execa("pulumi", words, options)
  const { pid } = running
  if (pid === undefined) throw new Error("pulumi did not start")
  let hasEnded = false
  const ended = running.finally(() => {
    hasEnded = true
  })
  const isThere = async () => {
    if (hasEnded) return
    const journal = JSON.parse(await readFile(`${lab.places.host.stateFolder}/journal.json`, "utf8")) as Journal
    if (journal.startedAt < startedAt || journal.step !== step) throw new Error(`it did not come to ${step}`)
  }
  await pRetry(isThere, { retries: 3000, minTimeout: 50, factor: 1 })
  if (hasEnded) throw new Error(`it ended by itself: ${(await ended).all}`)
  await killAll(async () => treeOf(pid, await listProcesses()))
  await ended
}
