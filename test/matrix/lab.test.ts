import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { test } from "node:test"
import { execa } from "execa"
import { listProcesses } from "../lab/processes.ts"

const program = join(import.meta.dirname, "../lab/programs/makes-a-lab-and-waits.ts")

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`a lab whose run is ended by ${signal} leaves nothing behind`, async () => {
    const run = execa(process.execPath, [program], { reject: false, stdin: "ignore" })
    const { folder, left } = JSON.parse(await firstLineOf(run.stdout)) as { folder: string; left: number }
    assert.deepEqual([existsSync(folder), await isAlive(left)], [true, true])
    run.kill(signal)
    const { exitCode, stderr } = await run
    assert.deepEqual([exitCode, existsSync(folder), await isAlive(left)], [130, false, false], stderr)
  })
}

async function isAlive(wanted: number): Promise<boolean> {
  return (await listProcesses()).some(({ pid }) => pid === wanted)
}

async function firstLineOf(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) return line
  throw new Error("it said nothing")
}
