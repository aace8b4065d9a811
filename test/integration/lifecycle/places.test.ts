import assert from "node:assert/strict"
import { rename } from "node:fs/promises"
import { test } from "node:test"
import { keptDocument } from "../drift/project.ts"

test("a file that was moved is found by its new place in the config: one `up`, and nothing is left to do", async (t) => {
  const project = await keptDocument(t)
  const moved = `${project.file}.moved`
  await rename(project.file, moved)
  const lost = await project.pulumi("preview", "--refresh")
  assert.equal(lost.exitCode, 1)
  const diagnostics = lost.output.slice(lost.output.indexOf("Diagnostics:"))
  assert.equal(diagnostics.match(/host\/file-missing/g)?.length, 1, diagnostics)
  assert.doesNotMatch(lost.output, /^ *at /m)

  await project.alsoWant({ file: moved })
  const up = await project.pulumi("up", "--refresh", "--yes", "--skip-preview")
  assert.equal(up.exitCode, 0, up.output)
  const again = await project.pulumi("preview", "--refresh", "--expect-no-changes")
  assert.equal(again.exitCode, 0, again.output)
})
