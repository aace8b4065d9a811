import assert from "node:assert/strict"
import { test } from "node:test"
import { withinLimit } from "../../../components/host/within-limit.ts"
import { refusal } from "./scenery.ts"

test("work with a file that does not end is given up, and its path named", async () => {
  const { where } = await refusal(withinLimit(() => new Promise(() => {}), 0.05)("/nfs/file"), "host/file-timed-out")
  assert.equal(where.file, "/nfs/file")
})

test("work that ends in time gives what it gives, and no timer is left behind", async () => {
  const add = withinLimit(async (path: string, more: string) => path + more)
  assert.equal(await add("/a", "/b"), "/a/b")
  assert.ok(!process.getActiveResourcesInfo().includes("Timeout"))
})
