import assert from "node:assert/strict"
import { test } from "node:test"
import { openHost } from "../../../components/host/open-host.ts"
import { askOrExplain } from "../../../components/host/staying-up.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { docker, idle, startContainer, tinyImage } from "./containers.ts"

const host = openHost({ kind: "local" })
const image = await tinyImage()

const silence = () =>
  Promise.reject(new Refusal({ code: "http/unreachable", what: "nobody answers", where: {}, meaning: "", next: "" }))
const serviceIn = (container: string) => ({ name: "synapse", container })
const loops = (seconds: string) => ["/bin/sh", "-c", `echo "it cannot go on: $MY_SECRET" >&2; sleep ${seconds}; exit 3`]

for (const { title, seconds } of [
  { title: "at once, when it is found between two starts", seconds: "0" },
  { title: "seconds after each start, when it looks as if it ran", seconds: "2" },
]) {
  test(`a service that ends ${title}, is in a crash loop, with its last words and without secrets`, async (t) => {
    const words = ["--restart", "always", "--env", "MY_SECRET=hunter2hunter2"]
    const container = await startContainer(t, image, { words, argv: loops(seconds) })
    const asked = await askOrExplain(host, serviceIn(container), silence)
    assert.ok("down" in asked)
    assert.equal(asked.down.kind, "crash loop")
    assert.equal(asked.down.isOrderly, false)
    assert.match(asked.down.why, /at last with exit code 3$|started again while we looked$/)
    assert.match(asked.down.lines.join("\n"), /it cannot go on/)
    assert.doesNotMatch(asked.down.lines.join("\n"), /hunter2/)
  })
}

test("one that takes its time to answer is waited for, and is in no crash loop", async (t) => {
  const container = await startContainer(t, image, { argv: idle })
  let asked = 0
  const answer = async () => {
    asked += 1
    return asked < 4 ? silence() : "here"
  }
  assert.deepEqual(await askOrExplain(host, serviceIn(container), answer), { answer: "here" })
})

test("one that runs and never answers is silent, and is not waited for without end", async (t) => {
  const container = await startContainer(t, image, { argv: idle })
  const asked = await askOrExplain(host, serviceIn(container), silence, { seconds: 1 })
  assert.ok("down" in asked)
  assert.equal(asked.down.kind, "silent")
})

test("one that was stopped is told from one that failed, and neither is asked", async (t) => {
  const stopped = await startContainer(t, image, { argv: idle })
  await docker("stop", stopped)
  const failed = await startContainer(t, image, { argv: ["/bin/sh", "-c", "exit 7"] })
  await docker("wait", failed)
  const never = () => assert.fail("it was asked")
  for (const [container, isOrderly] of [
    [stopped, true],
    [failed, false],
  ] as const) {
    const asked = await askOrExplain(host, serviceIn(container), never)
    assert.ok("down" in asked)
    assert.deepEqual([asked.down.kind, asked.down.isOrderly], ["stopped", isOrderly])
  }
})

test("what is wrong with a question is not taken for a service that is down", async (t) => {
  const container = await startContainer(t, image, { argv: idle })
  const wrong = new Refusal({ code: "http/not-json", what: "no", where: {}, meaning: "", next: "" })
  await assert.rejects(
    askOrExplain(host, serviceIn(container), () => Promise.reject(wrong)),
    wrong,
  )
})
