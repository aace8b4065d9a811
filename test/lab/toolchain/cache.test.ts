import assert from "node:assert/strict"
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { madeOnce } from "./cache.ts"

test("what several runs need at once is made once, and the others wait and say so", async (t) => {
  await temporaryCache(t)
  let made = 0
  const said: string[] = []
  const run = () =>
    madeOnce(
      "thing",
      (line) => said.push(line),
      async (draft) => {
        made += 1
        await writeFile(join(draft, "part"), "whole")
      },
    )
  const folders = await Promise.all([run(), run(), run()])
  assert.equal(made, 1)
  assert.deepEqual(new Set(folders).size, 1)
  assert.equal(await readFile(join(folders[0] ?? "", "part"), "utf8"), "whole")
  assert.deepEqual(said, Array(2).fill("waiting for another run, which is at work on thing"))
})

test("what failed to be made is not there, and is made the next time without the leftovers", async (t) => {
  const cache = await temporaryCache(t)
  const failing = madeOnce(
    "thing",
    () => {},
    async (draft) => {
      await writeFile(join(draft, "half"), "")
      throw new Error("out of disk")
    },
  )
  await assert.rejects(failing, /out of disk/)
  assert.ok(!(await readdir(cache)).includes("thing"))
  const folder = await madeOnce(
    "thing",
    () => {},
    (draft) => mkdir(join(draft, "whole")),
  )
  assert.deepEqual(await readdir(folder), ["whole"])
})

async function temporaryCache(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cache-test-"))
  const before = process.env.MATRIX_AUTH_CACHE
  process.env.MATRIX_AUTH_CACHE = folder
  t.after(async () => {
    if (before === undefined) delete process.env.MATRIX_AUTH_CACHE
    else process.env.MATRIX_AUTH_CACHE = before
    await rm(folder, { recursive: true, force: true })
  })
  return folder
}
