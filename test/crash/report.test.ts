import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { temporaryFolder } from "../host/scenery.ts"
import { writeReport } from "./report.ts"
import type { Outcome } from "./runs/outcome.ts"

function outcome(fault: string, ranAt: string, complaints: readonly string[] = []): Outcome {
  return {
    point: "cutover: migrate",
    fault,
    complaints,
    servedAfterSeconds: 7.2,
    lost: {},
    ranAt,
    note: "",
    transcript: "",
  }
}

async function reportIn(t: TestContext) {
  const file = join(await temporaryFolder(t), "out", "crash.json")
  const rows = async () => {
    const report = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>[]
    return report.map(({ fault, survived, ranAt }) => [fault, survived, ranAt])
  }
  return { file, rows }
}

test("a part of the list that is run alone replaces its own rows, and no other", async (t) => {
  const { file, rows } = await reportIn(t)
  await writeReport([outcome("fails", "monday"), outcome("killed", "monday", ["lost its way"])], "merged", file)
  await writeReport([outcome("killed", "tuesday"), outcome("Ctrl-C", "tuesday")], "merged", file)
  assert.deepEqual(await rows(), [
    ["fails", true, "monday"],
    ["killed", true, "tuesday"],
    ["Ctrl-C", true, "tuesday"],
  ])
})

test("the whole list leaves no row of another day", async (t) => {
  const { file, rows } = await reportIn(t)
  await writeReport([outcome("fails", "monday"), outcome("of a step that is gone", "monday")], "merged", file)
  await writeReport([outcome("fails", "tuesday")], "whole", file)
  assert.deepEqual(await rows(), [["fails", true, "tuesday"]])
})
